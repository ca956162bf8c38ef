import JSON

/// What a person sees when everything runs: where everything is, on one screen.
enum StartScreen {
    /// The text.
    ///
    /// - Parameters:
    ///   - functions: the descriptions of the functions that are served.
    ///   - data: the data folder.
    ///   - colored: whether the terminal shows colours.
    static func text(_ addresses: Addresses, functions: [JSON], data: String, colored: Bool) -> String {
        func bold(_ text: String) -> String { colored ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
        let user = addresses.s3Users.first
        var rows = [
            ("Page", bold(addresses.gateway)), ("Dashboard", bold(addresses.dashboard)), ("S3", addresses.s3Endpoint),
            ("", "access key \(user?.access ?? ""), secret key \(user?.secret ?? ""), bucket \(addresses.bucket)"),
            ("Azure Blob", addresses.blobEndpoint), ("", addresses.blobConnectionString),
            ("Azure Queue", addresses.queueEndpoint),
            ("Postgres", addresses.postgres),
            ("Redis", addresses.redis),
        ]
        for (name, url) in addresses.providers.sorted(by: { $0.key < $1.key }) {
            rows.append(("Stand-in", "\(name) \(url)"))
        }
        rows.append(("Data", data))
        let width = rows.map(\.0.count).max() ?? 0
        let places = rows.map { name, value in
            "  " + name + String(repeating: " ", count: width - name.count + 3) + value
        }
        let list = ListCommand.table(functions).split(separator: "\n").map { "  \($0)" }
        return "\n" + bold("Darkroom runs.") + " Ctrl-C stops it.\n\n" + places.joined(separator: "\n") + "\n\n"
            + bold("Functions") + "\n\n" + list.joined(separator: "\n") + "\n\n"
    }
}
