#include "nexus_mirror/emulator.h"

int main(int argc, char** argv) { return nexus_mirror::run_emulator(argc, argv); }
