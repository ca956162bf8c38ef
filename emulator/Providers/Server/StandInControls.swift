import HTTPTypes
import JSON

/// What tests and people turn and read:
///
/// * `GET`, `PUT`, `DELETE /_stand-in/knobs`: how all stand-ins behave (see ``Knobs``); `PUT` changes only the keys it names,
///   `DELETE` sets everything back
/// * the same at `/_stand-in/knobs/<name>`: how one of them differs from the others
/// * `GET`, `DELETE /_stand-in/calls`: every call and webhook so far, with counts (see ``CallLedger``)
/// * `GET /_stand-in/calls/<name>`: those of one provider
struct StandInControls {
    let state: StandInState
    let names: [String]

    /// - Throws: `StandInError` or `JSONError` with what is wrong.
    func respond(_ method: HTTPRequest.Method, _ path: [String], _ body: [UInt8]) throws -> StandInResponse {
        let provider = path.dropFirst().first
        if let provider, !names.contains(provider) {
            throw StandInError("there is no stand-in \"\(provider)\" (there are \(names.joined(separator: ", ")))")
        }
        switch (method, path.first) {
        case (.get, "knobs"): break
        case (.put, "knobs"): try state.knobs.update(JSON(parsing: body), of: provider)
        case (.delete, "knobs"): state.knobs.reset(provider)
        case (.get, "calls"): return .json(state.ledger.json(of: provider))
        case (.delete, "calls") where provider == nil:
            state.ledger.clear()
            return .empty(.noContent)
        default:
            throw StandInError(
                "\(method) is not for this address (there are GET, PUT and DELETE /_stand-in/knobs, GET and DELETE "
                    + "/_stand-in/calls, and the same for one provider below them)")
        }
        return .json(try state.knobs.knobs(of: provider).json)
    }
}
