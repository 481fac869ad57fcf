// Rows as the decoder makes them, in a form that a test can write down.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "nexus/decoder.h"
#include "objects/row_batch.h"

namespace nexus_mirror::testing {

// Columns that are not NULL. A child list stands under its key in the changes table as text:
// "name=a count=1; name=b", in the order of the rows, and is left out when it is empty.
using Values = std::map<std::string, std::variant<std::int64_t, double, std::string>>;

Values values_of(const objects::RowBatch& rows, std::size_t index);

struct Decoded {
  std::vector<Values> rows;
  std::vector<nexus::UnreadableRow> unreadable;
};

// Decodes `json`, an object or a list of them, as rows of `table` listed in project "proj".
Decoded decode(const objects::Table& table, const std::string& json,
               const nexus::Context& context = {"proj", nullptr});

// The only row of `json`; fails the test when it cannot be read.
Values decode_one(const objects::Table& table, const std::string& json);

// The same rows as a batch, for the store; listed in `project`.
objects::RowBatch batch_of(const objects::Table& table, const std::string& json,
                           const std::string& project = "proj");

// `json` with its snake_case keys in camelCase.
std::string camel_keys(const std::string& json);

// `v1`, an object as documented, gives `row`, and so do the same keys in camelCase and `v2`, the
// names of the newer server where these differ.
void expect_row_of_both(const objects::Table& table, const std::string& v1, const Values& row,
                        const std::string& v2 = {});

}  // namespace nexus_mirror::testing
