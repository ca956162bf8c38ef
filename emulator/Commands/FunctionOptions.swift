import ArgumentParser

/// Which functions a verb is about.
struct FunctionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder with the function executables.",
            discussion:
                "Every program in it that answers --describe is a function. Default: the emulator's own folder.",
            valueName: "folder"))
    var functions: String?

    @Option(
        name: .customLong("function"),
        help: ArgumentHelp(
            "One more function, in any language; may be given more than once.",
            discussion: "With --function alone, no folder is searched.", valueName: "path"))
    var paths: [String] = []

    /// The folder to search; nil: none.
    var folder: String? {
        functions ?? (paths.isEmpty ? ExecutablePath.folder : nil)
    }
}
