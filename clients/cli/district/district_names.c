#include "district_names.h"

#include <assert.h>
#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

const char *const district_urban[DISTRICT_URBAN] = {
	"税务街", "新坛街", "柳杭",   "珑山",   "大观园", "凤凰园", "文化路", "窑广街", "琉璃街", "青龙里", "范河",
	"孝乡",   "颜山",   "西冶街", "北岭",   "双山",   "泰和里", "槐园",   "永济街", "秋谷",   "陶窑街", "古窑",
	"河滨路", "乐疃",   "中和里", "金桥",   "东昇园", "白杨园", "工农街", "赵庄",   "五阳园", "瓷城",   "平安里",
	"向阳路", "水源街", "怡园",   "学府路", "北亭",   "梅园",   "和顺坊", "昌园",
};

const char *const district_roads[DISTRICT_ROADS] = {
	"税务街",   "新坛街", "文化路", "窑广街",   "琉璃街", "西冶街",   "永济街",   "陶窑街",   "河滨路",
	"工农街",   "向阳路", "水源街", "学府路",   "中心路", "人民路",   "新建一路", "新建二路", "新建三路",
	"青年路",   "建设路", "和平路", "解放街",   "光明街", "体育街",   "公园路",   "滨河东路", "滨河西路",
	"凤凰路",   "珑山路", "双山街", "秋谷横街", "颜文街", "白虎山路", "青龙山路", "金桥路",   "槐荫街",
	"柳荫街",   "泉水街", "石桥街", "瓷厂路",   "机场街", "仲临街",   "兴学街",   "县前街",   "大街南路",
	"大街北路", "太平街", "福门街", "税课街",   "茶业街", "竹林街",   "安上路",   "三元街",   "龙泽街",
	"李家窑街", "沿河街", "东风路", "红旗路",   "胜利街", "建国路",   "益民街",   "惠民路",   "康乐街",
	"幸福路",   "长春街", "迎春街", "翠竹街",   "松园街", "梅园街",   "桃园路",   "杏园路",   "荷塘街",
};

const char *const district_markets[DISTRICT_MARKETS] = {
	"城西小商品市场", "琉璃工艺品市场", "陶瓷批发市场", "西冶夜市街",   "永济街商贸区", "珑山建材市场",
	"柳杭农贸市场",   "凤凰汽配城",     "河滨餐饮街",   "秋谷花鸟市场", "槐园服装商城",
};

/* The commonest first: they are drawn so that the first come up most. */
static const char *const surnames[] = {
	"王", "李", "张", "刘", "孙", "赵", "陈", "杨", "徐", "周", "马", "于",   "高",   "朱", "郭", "吴", "宋",
	"董", "胡", "韩", "丁", "任", "姜", "林", "许", "郑", "何", "袁", "谢",   "房",   "冯", "谭", "苗", "国",
	"蒋", "魏", "崔", "尹", "翟", "薛", "田", "范", "程", "石", "孟", "宗",   "黄",   "罗", "梁", "唐", "曹",
	"邓", "萧", "潘", "吕", "苏", "卢", "贾", "夏", "钟", "汪", "方", "邹",   "陆",   "孔", "白", "毛", "邱",
	"秦", "江", "史", "顾", "侯", "邵", "龙", "段", "雷", "钱", "汤", "黎",   "常",   "武", "乔", "贺", "赖",
	"龚", "文", "阎", "樊", "焦", "岳", "齐", "逯", "穆", "逄", "栾", "欧阳", "司马",
};

static const char *const given[2][72] = {
	{"建", "国", "军", "志", "明", "永", "强", "海", "涛", "伟", "文", "斌", "德", "福", "庆", "立", "新", "平",
	 "玉", "山", "光", "荣", "长", "春", "学", "东", "成", "林", "宝", "生", "金", "龙", "世", "杰", "浩", "宇",
	 "子", "轩", "俊", "鹏", "磊", "勇", "刚", "毅", "振", "华", "兴", "业", "守", "义", "传", "仁", "继", "先",
	 "洪", "波", "启", "航", "嘉", "豪", "天", "佑", "晨", "阳", "博", "远", "乐", "安", "泽", "凯", "峰", "良"},
	{"秀", "英", "桂", "兰", "玉", "珍", "淑", "芳", "丽", "娟", "红", "梅", "凤", "霞", "爱", "华", "春", "燕",
	 "翠", "萍", "美", "玲", "素", "云", "雪", "莲", "静", "敏", "慧", "洁", "晓", "琳", "婷", "欣", "怡", "雨",
	 "涵", "梦", "瑶", "佳", "宁", "思", "颖", "文", "悦", "诗", "语", "若", "彤", "紫", "萱", "晨", "曦", "艳",
	 "琴", "荣", "香", "巧", "月", "菊", "清", "青", "彩", "花", "银", "环", "瑞", "莹", "可", "馨", "丹", "宝"},
};

static const char *const lucky[] = {"永", "顺", "兴", "隆", "福", "泰", "和", "盛", "昌", "祥",
				    "瑞", "鑫", "广", "源", "聚", "德", "恒", "通", "嘉", "茂"};

static const char *const trades[] = {
	"五金", "陶瓷", "琉璃", "茶庄", "粮油", "百货", "服装", "鞋帽",   "水果", "干货", "建材", "灯具", "家电",
	"文具", "玩具", "花卉", "水族", "汽配", "轮胎", "酥锅", "豆腐箱", "烧饼", "炒货", "布艺", "日杂",
};

static const char *const village_heads[] = {
	"上", "下", "东", "西", "南", "北", "前", "后", "大", "小",
	"白", "青", "黑", "龙", "凤", "柏", "松", "柿", "杏", "桃",
};

static const char *const village_tails[] = {
	"峪",   "庄",   "崖",   "泉",   "沟",   "坡",   "岭", "河", "台", "坪",
	"井子", "家庄", "石门", "桥头", "店子", "山口", "湾", "池", "杭", "谢",
};

/* One of count, the first more likely than the last. */
static size_t common(struct prng *prng, size_t count)
{
	return prng_below(prng, prng_below(prng, (uint32_t)count) + 1);
}

void district_names_person(struct prng *prng, char name[static DISTRICT_NAME_BYTES])
{
	const char *surname = surnames[common(prng, COUNT(surnames))];
	const char *const *list = given[prng_below(prng, 2)];
	const char *first = list[prng_below(prng, COUNT(given[0]))];
	const char *second = list[prng_below(prng, COUNT(given[0]))];
	bool alone = prng_below(prng, 6) == 0;
	snprintf(name, DISTRICT_NAME_BYTES, "%s%s%s", surname, first, alone ? "" : second);
}

void district_names_shop(struct prng *prng, char name[static DISTRICT_NAME_BYTES])
{
	const char *first = lucky[prng_below(prng, COUNT(lucky))];
	const char *second = lucky[prng_below(prng, COUNT(lucky))];
	const char *trade = trades[prng_below(prng, COUNT(trades))];
	snprintf(name, DISTRICT_NAME_BYTES, "%s%s%s", first, second, trade);
}

size_t district_names_villages(void)
{
	return COUNT(village_heads) * COUNT(village_tails);
}

void district_names_village(size_t i, char name[static DISTRICT_NAME_BYTES])
{
	assert(i < district_names_villages());
	snprintf(name, DISTRICT_NAME_BYTES, "%s%s村", village_heads[i / COUNT(village_tails)],
		 village_tails[i % COUNT(village_tails)]);
}

void district_names_numeral(unsigned number, char text[static DISTRICT_NAME_BYTES])
{
	static const char *const digits[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
	assert(number >= 1 && number <= 99);
	snprintf(text, DISTRICT_NAME_BYTES, "%s%s%s", number >= 20 ? digits[number / 10] : "", number >= 10 ? "十" : "",
		 digits[number % 10]);
}
