import JSON

/// Which folders each product of a Swift package is made of: what `swift package describe` says.
struct PackageMap: Sendable {
    private struct Target {
        var folder: String
        var dependencies: [String]
    }

    private var targets: [String: Target] = [:]
    /// The executables that the package can build.
    private(set) var products: Set<String> = []

    /// Reads the output of `swift package describe --type json`.
    ///
    /// - Parameter root: the folder with Package.swift.
    /// - Throws: ``EmulatorError`` or `JSONError` when it is something else.
    init(describing text: [UInt8], root: String) throws {
        let json = try JSON(parsing: text)
        guard let list = json["targets"]?.array else {
            throw EmulatorError("`swift package describe` in \(root) lists no targets")
        }
        for target in list {
            guard let name = target["name"]?.string, let path = target["path"]?.string else { continue }
            let dependencies = (target["target_dependencies"]?.array ?? []).compactMap(\.string)
            targets[name] = Target(folder: path.hasPrefix("/") ? path : root + "/" + path, dependencies: dependencies)
            if target["type"]?.string == "executable" { products.insert(name) }
        }
    }

    /// The folders whose files go into a product.
    func folders(of product: String) -> Set<String> {
        var seen: Set<String> = []
        var pending = [product]
        while let name = pending.popLast() {
            guard let target = targets[name], seen.insert(name).inserted else { continue }
            pending += target.dependencies
        }
        return Set(seen.compactMap { targets[$0]?.folder })
    }

    /// Those of some products that a change of these files touches, sorted.
    func affected(by changes: [String], among products: Set<String>) -> [String] {
        products.filter { product in
            let folders = folders(of: product).map { $0 + "/" }
            return changes.contains { change in folders.contains { change.hasPrefix($0) } }
        }.sorted()
    }
}
