import ArgumentParser

/// Where an emulator keeps its data: how the other verbs find a running one.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder that holds everything the emulator keeps.",
            discussion: "Postgres, Redis, the object store, logs, and emulator.json with the addresses while it runs.",
            valueName: "folder"))
    var data = ".darkroom"

    @Flag(help: "Print JSON for programs instead of text for people.")
    var json = false
}
