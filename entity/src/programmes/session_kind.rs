text_enum! {
    /// What takes place.
    SessionKind {
        ClassBasic = "class_basic", ClassApplied = "class_applied", Consultation = "consultation",
        EventGame = "event_game", EventQuiz = "event_quiz", EventWalk = "event_walk",
    }
}
