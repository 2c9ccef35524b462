#include "phrases.h"

#include <assert.h>

enum { LINES_MAX = 8, WORDS_MAX = 12 };

/* Orders whose category's name contains one of words. */
struct theme {
	const char *words[WORDS_MAX];
	const char *orders[LINES_MAX];
	const char *results[LINES_MAX];
};

/* The first that fits is taken: the narrow ones stand before the wide ones. */
static const struct theme themes[] = {
	{{"电梯"},
	 {"电梯停在三楼不动了，老人下不了楼", "电梯运行时有异响，晃得厉害", "电梯按键失灵，要按好几次才有反应",
	  "电梯门关不严，一直报警"},
	 {"已联系维保单位到场，电梯恢复运行", "已更换电梯按键，试运行正常", "维保人员已排除故障，张贴了检修说明"}},
	{{"照明", "路灯", "楼道灯"},
	 {"楼道灯不亮，晚上老人上下楼不方便", "小区南门的路灯坏了，晚上黑得很", "单元门口的感应灯一直闪",
	  "车棚里的灯全灭了，推车看不清路", "健身广场的路灯白天也亮着"},
	 {"已更换灯泡，恢复照明", "已更换感应开关，现场试过正常", "线路接头松动，已接好，灯已亮"}},
	{{"防汛", "险情", "洪", "内涝"},
	 {"院里积水快没过台阶了", "河水涨上来了，离路面不到半米", "地下车库进水，需要沙袋", "后坡有泥水流下来，怕滑坡",
	  "楼顶漏得厉害，老人要转移"},
	 {"已送去沙袋并挡住入口", "已协助老人转移到安置点", "已拉警戒线，派人值守", "已开泵排水，水位下降"}},
	{{"燃气", "煤气"},
	 {"楼道里闻到燃气味，请赶快来人看看", "燃气软管老化了，想请人检查一下", "燃气报警器响了两次，不知道是不是误报"},
	 {"燃气公司已上门检测，更换软管，无泄漏", "已开窗通风并检测，为接头松动，已紧固", "已检查报警器，校准后正常"}},
	{{"消防", "隐患", "飞线", "充电", "杂物"},
	 {"有人把电动车推进楼道充电，很危险", "从楼上拉线下来给电动车充电，电线就挂在树上", "消防通道被杂物堵住了",
	  "楼道里的灭火器过期了", "楼道堆满纸箱，怕着火"},
	 {"已劝离并清理楼道，告知充电桩位置", "已拆除飞线，并向车主讲清危险", "消防通道已清理畅通",
	  "已更换灭火器并登记"}},
	{{"漏水", "下水", "排水", "供水", "水管", "管道", "污水"},
	 {"下水道堵了，污水漫到单元门口", "楼上往下漏水，厨房顶棚都湿了", "家里水压很小，做饭都接不满水",
	  "院里的水管裂了，水一直往外流", "雨水井堵住了，一下雨就积水"},
	 {"已疏通下水管道，现场冲洗干净", "已关阀更换水管，恢复供水", "已协调楼上住户维修，漏水已止",
	  "已清掏雨水井，排水正常"}},
	{{"供暖", "暖气", "供热", "取暖"},
	 {"家里暖气不热，只有十五度", "暖气片有一组一直是凉的", "楼道里的供热管道在滴水", "暖气时热时凉，老人受不了"},
	 {"已放气调阀，室温升到二十度", "供热公司已上门清洗过滤网，恢复供热", "已更换阀门，不再滴水"}},
	{{"供电", "停电", "用电", "电力", "电线"},
	 {"整个单元停电了，别的楼都有电", "电表箱的门坏了，电线露在外面", "家里老是跳闸，想请电工看看"},
	 {"供电所已抢修，恢复供电", "已修好电表箱门并上锁", "已排查线路，更换空气开关"}},
	{{"垃圾", "保洁", "卫生", "环境", "清运"},
	 {"垃圾桶满了两天没人清，味道很大", "楼前堆了一堆装修垃圾", "绿化带里有不少塑料袋和废纸", "楼道好几天没打扫了",
	  "河边有人倒垃圾"},
	 {"已通知保洁清运，现场清理干净", "装修垃圾已由业主雇车运走", "已组织志愿者清扫，并增加一次巡查"}},
	{{"噪", "扰民"},
	 {"楼上半夜拖椅子，睡不着觉", "楼下的广场舞音响太大了", "隔壁装修，中午也不停", "烧烤摊营业到凌晨，吵得厉害"},
	 {"已上门劝说，对方答应注意时间", "已和领队商定音量和结束时间", "已告知施工时间规定，装修户签了承诺"}},
	{{"停车", "车位", "占道", "交通"},
	 {"有车堵住单元门口，轮椅过不去", "消防通道上停了一排车", "有人用地锁占公共车位",
	  "校门口放学时乱停车，孩子不安全"},
	 {"已联系车主挪车", "已拆除地锁，车位恢复公用", "已请交警到场疏导，并画线提示"}},
	{{"道路", "井盖", "路面", "市政", "坑"},
	 {"路面塌了一个坑，晚上骑车差点摔倒", "井盖松动，车一压就响", "人行道的砖翘起来了，老人容易绊倒",
	  "台阶破损，雨天很滑"},
	 {"已围挡并填补路面", "已更换井盖，稳固无声", "人行道砖已重新铺平"}},
	{{"救助", "残疾", "帮扶", "低保"},
	 {"家里有重病人，想问问有什么补助", "想申请临时救助，需要什么手续", "残疾证快到期了，怎么换证",
	  "轮椅坏了，能不能借一辆"},
	 {"已帮助填写申请并交到社区", "已上门了解情况，列入帮扶名单", "已从社区借出轮椅一辆", "已约好评残机构上门"}},
	{{"老人", "养老", "助老", "独居", "关爱", "助餐"},
	 {"独居老人两天没出门了，请帮忙看看", "母亲腿脚不便，想请人帮忙买药", "想给老人申请助餐",
	  "隔壁老人不会用煤气灶，怕出事"},
	 {"已上门看望，老人身体平稳，留了联系卡", "已代买药品送到家中", "已办好助餐，明天开始送"}},
	{{"儿童", "孩子", "看护", "未成年"},
	 {"孩子放学没人接，能不能帮忙照看一会儿", "有小孩在河边玩水，没有大人", "假期白天孩子一个人在家，想报托管班",
	  "几个孩子在车库里追跑，怕出事"},
	 {"已接到孩子，送到社区四点半课堂", "已劝离并通知家长", "已登记托管班，下周开班"}},
	{{"跑腿", "代买", "代取"},
	 {"下不了楼，请帮忙取个快递", "请帮忙到药店买一盒降压药", "想请人把材料送到社区", "家里米面没了，请帮忙捎一袋"},
	 {"快递已送到家", "药已买好送到，票据留在家中", "材料已送到社区窗口"}},
	{{"纠纷", "矛盾", "调解", "邻里"},
	 {"和邻居因为走廊放东西吵起来了，请来调解", "楼上空调水滴到我家窗台，说了不听", "两家为院墙的事争执不下"},
	 {"双方已坐下来谈妥，签了调解书", "已上门调解，对方加装了接水管", "已请司法所一同调解，双方同意各让一步"}},
	{{"宠物", "犬", "狗", "动物"},
	 {"有人遛狗不牵绳，吓到孩子", "院里有几只流浪狗，晚上叫个不停", "邻居的狗白天没人管，一直叫"},
	 {"已找到养犬人，劝其牵绳并办证", "流浪狗已由救助站带走"}},
	{{"违建", "违章", "城管", "私搭"},
	 {"有人在楼顶私搭彩钢房", "一楼住户把绿地圈起来种菜了", "门口摆摊占了整条人行道"},
	 {"已下达整改通知，当事人自行拆除", "菜地已恢复绿化", "已劝导摊主到规定地点经营"}},
	{{"绿化", "树木", "园林"},
	 {"大风把树枝吹断了，挂在电线上", "树长得太密，二楼见不到光", "草坪里有人乱踩出一条路"},
	 {"已修剪树枝并清运", "已安排园林修剪", "已补种草皮并立牌提示"}},
	{{"治安", "巡逻", "安全", "诈骗", "盗"},
	 {"单元门禁坏了，谁都能进来", "有陌生人挨家敲门卖东西", "电动车的电瓶被偷了", "收到自称客服的电话，怕是诈骗"},
	 {"门禁已修好并重新发卡", "已加强巡逻，并在群里提醒", "已陪同报案，调取监控"}},
	{{"医", "卫健", "健康", "疫苗", "签约"},
	 {"想预约家庭医生上门量血压", "孩子的疫苗本丢了，怎么补", "老人慢性病的药快吃完了，怎么续方"},
	 {"已约好家庭医生明天上门", "已告知补办地点和所需材料", "已联系卫生服务站代为续方"}},
	{{"证明", "证件", "政务", "代办", "办事", "咨询", "政策", "社保", "医保", "户籍"},
	 {"想开居住证明，需要带什么材料", "医保卡丢了，怎么补办", "高龄补贴从哪天开始发",
	  "不会用手机认证养老金，请帮忙弄一下", "孩子上学报名要哪些手续"},
	 {"已电话告知所需材料和办理时间", "已上门帮助完成手机认证", "已代为提交材料，三个工作日内办好"}},
	{{"物业", "房屋", "维修", "屋面", "外墙"},
	 {"楼顶漏雨，顶楼两户都进水", "外墙皮往下掉，差点砸到人", "单元门的闭门器坏了，关门声音很大",
	  "物业费涨了没有说明"},
	 {"已督促物业修补屋面", "已围挡并清除松动的墙皮", "闭门器已更换", "物业已公示收费说明"}},
	{{"商户", "市场", "经营", "食品"},
	 {"市场里的摊位漏电，不敢碰", "隔壁店的油烟排到我们店门口", "买到的熟食变质了，商家不认", "市场公厕没有水"},
	 {"已请电工检修，摊位恢复用电", "已协调加装油烟管道", "商家已退款并道歉", "公厕供水已恢复"}},
	{{"文体", "活动", "志愿"},
	 {"健身器材的踏板断了", "想在活动室办一次读书会", "广场上的乒乓球台裂了"},
	 {"已更换踏板", "活动室已预留周六下午", "球台已报修更换"}},
};
enum { THEMES = sizeof themes / sizeof themes[0] };

static const char *const greetings[] = {"", "", "", "", "您好，", "网格长您好，", "麻烦看一下，", "反映一个情况："};
static const char *const endings[] = {
	"。", "。", "。", "，请尽快处理。", "，麻烦安排人来看看。", "，谢谢！", "，已经好几天了。", "，有劳了。"};
static const char *const general_orders[] = {"想请网格长来看一下%s的事", "关于%s，有个情况想反映", "%s方面需要帮忙",
					     "我们这边%s有问题，请来人看看"};
static const char *const general_results[] = {"已到现场了解情况，当场办妥", "已与居民沟通，问题已解决",
					      "已协调相关单位处理完毕", "已上门处理，居民表示满意"};

static const char *const declines[] = {"需要专业单位处理，微网格无法解决", "不属于本网格职责，请上级协调",
				       "涉及多个小区，需上级统一安排", "需要供电公司处理", "缺少维修资金，请上级研究"};
static const char *const notes[] = {"已联系居民，约好上门时间", "配件明天到", "正在现场查看", "已转告物业，等回复",
				    "居民不在家，晚上再去"};
static const char *const reopens[] = {"问题又出现了", "只修了一半，还没好", "没有人来过，就写办结了", "灯又不亮了",
				      "还是老样子，请再看看"};
static const char *const cancels[] = {"自己解决了", "邻居帮忙修好了", "填错了，重新提交", "不需要了，谢谢"};
static const char *const urges[] = {"还没有人来，请快一点", "老人等着用，麻烦催一催", "", "已经等了很久了"};
static const char *const merges[] = {"与邻居反映的是同一件事", "重复提交，并案处理", "同一处问题"};
static const char *const thanks_5[] = {
	"", "", "很快，谢谢", "网格长很负责", "满意", "当天就解决了，点赞", "谢谢，辛苦了"};
static const char *const thanks_4[] = {"", "", "还可以", "解决了，稍微慢了点", "谢谢"};
static const char *const thanks_3[] = {"", "一般", "催了两次才来", "勉强解决"};
static const char *const thanks_1[] = {"太慢了", "态度不好", "没有真正解决", "等了很久"};

#define PICK(chance, list) (list)[chance_below(chance, sizeof(list) / sizeof((list)[0]))]

static const char *pick_filled(struct chance *chance, const char *const lines[static LINES_MAX])
{
	uint32_t count = 0;
	while (count < LINES_MAX && lines[count])
		count++;
	return lines[chance_below(chance, count)];
}

static void add(struct pd_buffer *out, const char *text)
{
	pd_buffer_add(out, text, strlen(text));
}

static const struct theme *theme_of(const char *category)
{
	for (size_t i = 0; i < THEMES; i++)
		for (size_t w = 0; w < WORDS_MAX && themes[i].words[w]; w++)
			if (strstr(category, themes[i].words[w]))
				return &themes[i];
	return NULL;
}

/* The only place where a line has something to be filled in. */
static void add_general(struct pd_buffer *out, const char *line, const char *category)
{
	const char *slot = strstr(line, "%s");
	assert(slot);
	pd_buffer_add(out, line, (size_t)(slot - line));
	add(out, category);
	add(out, slot + 2);
}

void phrases_order(struct pd_buffer *out, struct chance *chance, const char *category)
{
	const struct theme *theme = theme_of(category);
	add(out, PICK(chance, greetings));
	if (theme)
		add(out, pick_filled(chance, theme->orders));
	else
		add_general(out, PICK(chance, general_orders), category);
	add(out, PICK(chance, endings));
}

void phrases_result(struct pd_buffer *out, struct chance *chance, const char *category)
{
	const struct theme *theme = theme_of(category);
	add(out, theme ? pick_filled(chance, theme->results) : PICK(chance, general_results));
	add(out, "。");
}

struct pd_slice phrases_decline(struct chance *chance)
{
	return pd_text(PICK(chance, declines));
}

struct pd_slice phrases_note(struct chance *chance)
{
	return pd_text(PICK(chance, notes));
}

struct pd_slice phrases_reopen(struct chance *chance)
{
	return pd_text(PICK(chance, reopens));
}

struct pd_slice phrases_cancel(struct chance *chance)
{
	return pd_text(PICK(chance, cancels));
}

struct pd_slice phrases_urge(struct chance *chance)
{
	return pd_text(PICK(chance, urges));
}

struct pd_slice phrases_merge(struct chance *chance)
{
	return pd_text(PICK(chance, merges));
}

struct pd_slice phrases_thanks(struct chance *chance, unsigned rating)
{
	switch (rating) {
	case 5: return pd_text(PICK(chance, thanks_5));
	case 4: return pd_text(PICK(chance, thanks_4));
	case 3: return pd_text(PICK(chance, thanks_3));
	default: return pd_text(PICK(chance, thanks_1));
	}
}
