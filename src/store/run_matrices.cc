#include "store/run_matrices.h"

#include "store/export_records.h"

namespace nexus_mirror::store {

std::vector<MatrixOfRun> RunMatrices::unread(const std::string& project_id) {
  Statement& select = session_.statement(
      "SELECT r.id, r.update_date FROM runs r LEFT JOIN run_matrix_reads d "
      "ON d.project_id = r.project_id AND d.run_id = r.id WHERE r.project_id = ? "
      "AND r.status_overview IS NOT 'Creating' "
      "AND NOT (d.run_id IS NOT NULL AND d.run_update_date IS r.update_date "
      "AND r.update_date IS NOT NULL "
      "AND r.status_overview IN ('Finished', 'Errored', 'Cancelled')) ORDER BY r.id");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<MatrixOfRun> runs;
  while (select.step()) runs.push_back({std::string(select.text(0)), select.optional_integer(1)});
  return runs;
}

bool RunMatrices::was_read(const MatrixOfRun& run, const std::string& project_id) {
  Statement& read = session_.statement(
      "SELECT 1 FROM run_matrix_reads WHERE project_id = ? AND run_id = ? "
      "AND run_update_date IS ?");
  ResetGuard guard(read);
  read.bind(1, std::string_view(project_id)).bind(2, std::string_view(run.run_id));
  return read.bind(3, run.run_update_date).step();
}

bool RunMatrices::has(const MatrixOfRun& run, const std::string& project_id) {
  Statement& select =
      session_.statement("SELECT 1 FROM run_matrices WHERE project_id = ? AND run_id = ?");
  ResetGuard guard(select);
  return select.bind(1, std::string_view(project_id)).bind(2, std::string_view(run.run_id)).step();
}

RowCounts RunMatrices::put(const objects::RowBatch& rows, const MatrixOfRun& run,
                           const std::string& project_id) {
  const Tables::Comparison found = tables_.compare(rows, nullptr);
  const bool differs = !found.differing.empty();
  RowCounts counts = found.counts;
  const bool gone = rows.empty() && has(run, project_id);
  if (gone) counts.deleted = 1;
  if (session_.dry_run() || (!differs && !gone && was_read(run, project_id))) return counts;
  Session::Transaction transaction(session_);
  if (differs) counts = tables_.write(rows, found.differing, nullptr, false);
  if (gone) {
    session_.statement("DELETE FROM run_matrices WHERE project_id = ? AND run_id = ?")
        .bind(1, std::string_view(project_id))
        .bind(2, std::string_view(run.run_id))
        .run();
  }
  if (differs || gone) ExportRecords(session_).mark(project_id, ExportMark::run_logs);
  session_
      .statement(
          "INSERT INTO run_matrix_reads(project_id, run_id, run_update_date) VALUES(?, ?, ?) "
          "ON CONFLICT DO UPDATE SET run_update_date = excluded.run_update_date")
      .bind(1, std::string_view(project_id))
      .bind(2, std::string_view(run.run_id))
      .bind(3, run.run_update_date)
      .run();
  transaction.commit();
  return counts;
}

}  // namespace nexus_mirror::store
