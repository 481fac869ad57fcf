// Faults of files, as the storage has them: what they make of a request and of its answer.
#pragma once

#include "emulator/fault_plan.h"
#include "emulator/storage.h"

namespace nexus_mirror::emulator {

// Whether it is a fault of a file: delivered as an answer that looks right.
bool is_of_file(FaultKind kind);

// Before the storage answers.
void mislead(const Fault& fault, StorageHeaders& headers);

// Afterwards.
void spoil(const Fault& fault, Reply& reply);

}  // namespace nexus_mirror::emulator
