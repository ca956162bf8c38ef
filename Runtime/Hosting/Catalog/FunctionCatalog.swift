import FunctionRuntime
import Glibc
import JSON
import SystemPackage

/// Finds function executables and asks each for its description (`--describe`), all at once. An answer is kept until the
/// file changes. One that does not answer is a problem of its own: the others are there all the same.
package actor FunctionCatalog {
    /// What was found.
    package struct Contents: Sendable {
        /// Sorted by name.
        package var functions: [LocatedFunction] = []
        package var problems: [CatalogProblem] = []
    }

    /// What tells whether a file has changed.
    private struct Stamp: Hashable {
        var seconds: Int
        var nanoseconds: Int
        var size: Int
    }

    private let timeout: Duration
    private let environment: [String: String]
    private var known: [String: (stamp: Stamp, result: Result<FunctionDescription, CatalogProblem>)] = [:]

    /// - Parameters:
    ///   - timeout: For one `--describe`.
    ///   - environment: What an executable gets while it describes itself.
    package init(timeout: Duration = .seconds(5), environment: [String: String] = [:]) {
        self.timeout = timeout
        self.environment = environment
    }

    /// Every executable file directly in a directory, but this program itself: a host may lie among its functions.
    /// - Throws: `CatalogProblem` when the directory cannot be read.
    package func load(directory: String) async throws(CatalogProblem) -> Contents {
        guard let stream = opendir(directory) else {
            throw CatalogProblem(path: directory, message: "The directory cannot be read: \(Errno(rawValue: errno)).")
        }
        defer { closedir(stream) }
        var paths: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            let path = directory + (directory.hasSuffix("/") ? "" : "/") + name
            if !name.hasPrefix("."), !name.contains(".so"), isExecutableFile(path), !isThisProgram(path) {
                paths.append(path)
            }
        }
        return await load(paths: paths.sorted())
    }

    /// These executables.
    package func load(paths: [String]) async -> Contents {
        let changed = paths.filter { known[$0] == nil || known[$0]?.stamp != stamp($0) }
        let stamps = Dictionary(changed.map { ($0, stamp($0)) }) { first, _ in first }
        let described = await withTaskGroup(of: (String, Result<FunctionDescription, CatalogProblem>).self) { group in
            for path in stamps.keys {
                group.addTask { [timeout, environment] in (path, await describe(path, environment, timeout)) }
            }
            var results: [String: Result<FunctionDescription, CatalogProblem>] = [:]
            for await (path, result) in group { results[path] = result }
            return results
        }
        for (path, result) in described {
            if let stamp = stamps[path] ?? nil { known[path] = (stamp, result) }
        }
        return contents(paths, described)
    }

    private func contents(
        _ paths: [String], _ described: [String: Result<FunctionDescription, CatalogProblem>]
    ) -> Contents {
        var contents = Contents()
        var names: [String: String] = [:]
        for path in paths {
            switch known[path]?.result ?? described[path] {
            case .success(let description):
                if let other = names.updateValue(path, forKey: description.name) {
                    contents.problems.append(
                        CatalogProblem(
                            path: path,
                            message: "It is named \(description.name), as \(other) is. Names must be unique."))
                } else {
                    contents.functions.append(LocatedFunction(path: path, description: description))
                }
            case .failure(let problem): contents.problems.append(problem)
            case nil: break
            }
        }
        contents.functions.sort { $0.description.name < $1.description.name }
        return contents
    }

    private func stamp(_ path: String) -> Stamp? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return Stamp(
            seconds: information.st_mtim.tv_sec, nanoseconds: information.st_mtim.tv_nsec,
            size: Int(information.st_size))
    }

    private func isThisProgram(_ path: String) -> Bool {
        var (other, own) = (stat(), stat())
        return stat(path, &other) == 0 && stat("/proc/self/exe", &own) == 0 && other.st_dev == own.st_dev
            && other.st_ino == own.st_ino
    }

    private func isExecutableFile(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}

/// Runs `path --describe`.
private func describe(
    _ path: String, _ environment: [String: String], _ timeout: Duration
) async -> Result<FunctionDescription, CatalogProblem> {
    do {
        return .success(try await description(of: path, environment, timeout))
    } catch let problem as CatalogProblem {
        return .failure(problem)
    } catch {
        return .failure(CatalogProblem(path: path, message: "It cannot be run: \(error)"))
    }
}

private func description(
    of path: String, _ environment: [String: String], _ timeout: Duration
) async throws -> FunctionDescription {
    let result = try await DescribeRun.result(of: path, environment: environment, timeout: timeout)
    guard let result else {
        throw CatalogProblem(path: path, message: "--describe did not end within \(timeout). Is it a function?")
    }
    guard result.ending == .exited(0) else {
        let last = String(decoding: result.error, as: UTF8.self).split(separator: "\n").suffix(3)
        throw CatalogProblem(path: path, message: "--describe \(result.ending): \(last.joined(separator: " | "))")
    }
    do {
        return try FunctionDescription(JSON(parsing: result.output))
    } catch {
        throw CatalogProblem(path: path, message: "--describe printed no description (PROTOCOL.md): \(error)")
    }
}
