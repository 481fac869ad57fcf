#include "nexus_mirror/cli.h"

int main(int argc, char** argv) { return nexus_mirror::run_command_line(argc, argv); }
