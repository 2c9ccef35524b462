/* commands.h - the commands of paidan-worker, as struct cli_command has them. */
#ifndef PAIDAN_COMMANDS_H
#define PAIDAN_COMMANDS_H

#include "tool.h"

int lead_main(struct cli *cli, int argc, char **argv);
int exec_main(struct cli *cli, int argc, char **argv);
int district_main(struct cli *cli, int argc, char **argv);
int residents_main(struct cli *cli, int argc, char **argv);

#endif
