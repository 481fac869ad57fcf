#include "store/run_logs.h"

#include "store/export_records.h"

namespace nexus_mirror::store {

std::vector<RunLog> RunLogs::unread(const std::string& project_id) {
  Statement& select = session_.statement(
      "SELECT r.id, l.value, r.update_date FROM runs r, json_each(r.log_ids) l "
      "LEFT JOIN run_log_reads d ON d.project_id = r.project_id AND d.run_id = r.id "
      "AND d.log_id = l.value "
      "WHERE r.project_id = ? AND r.log_ids IS NOT NULL AND l.type = 'text' "
      "AND NOT (d.log_id IS NOT NULL AND d.run_update_date IS r.update_date "
      "AND r.update_date IS NOT NULL "
      "AND r.status_overview IN ('Finished', 'Errored', 'Cancelled')) ORDER BY r.id, l.key");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<RunLog> logs;
  while (select.step()) {
    logs.push_back(
        {std::string(select.text(0)), std::string(select.text(1)), select.optional_integer(2)});
  }
  return logs;
}

bool RunLogs::was_read(const RunLog& log, const std::string& project_id) {
  Statement& read = session_.statement(
      "SELECT 1 FROM run_log_reads WHERE project_id = ? AND run_id = ? AND log_id = ? "
      "AND run_update_date IS ?");
  ResetGuard guard(read);
  read.bind(1, std::string_view(project_id)).bind(2, std::string_view(log.run_id));
  return read.bind(3, std::string_view(log.log_id)).bind(4, log.run_update_date).step();
}

RowCounts RunLogs::put(const objects::RowBatch& rows, const RunLog& log,
                       const std::string& project_id, bool whole) {
  const Tables::Comparison found = tables_.compare(rows, nullptr);
  RowCounts counts = found.counts;
  const bool differs = !found.differing.empty();
  if (session_.dry_run() || (!differs && (!whole || was_read(log, project_id)))) return counts;
  Session::Transaction transaction(session_);
  if (differs) {
    counts = tables_.write(rows, found.differing, nullptr, false);
    ExportRecords(session_).mark(project_id, ExportMark::run_logs);
  }
  if (whole) note_read(log, project_id);
  transaction.commit();
  return counts;
}

void RunLogs::note_read(const RunLog& log, const std::string& project_id) {
  session_
      .statement(
          "INSERT INTO run_log_reads(log_id, project_id, run_id, run_update_date) "
          "VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
          "run_update_date = excluded.run_update_date")
      .bind(1, std::string_view(log.log_id))
      .bind(2, std::string_view(project_id))
      .bind(3, std::string_view(log.run_id))
      .bind(4, log.run_update_date)
      .run();
}

}  // namespace nexus_mirror::store
