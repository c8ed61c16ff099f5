text_enum! {
    /// What a person may do.
    Role {
        /// Serves callers: residents, inquiries, paths, bookings.
        Operator = "operator",
        /// Plans sessions, staff, letters.
        Coordinator = "coordinator",
        /// Sees the own sessions' rosters and records attendance.
        Teacher = "teacher",
        /// Works on the ward's own projects.
        WardOfficer = "ward_officer",
        /// Runs a programme: all of a coordinator and its figures.
        ProgrammeManager = "programme_manager",
        /// Manages staff, roles, venues.
        Administrator = "administrator",
        /// Reads the audit log and nothing else.
        Auditor = "auditor",
    }
}
