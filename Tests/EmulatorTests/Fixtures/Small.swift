import Glibc

/// A function in forty lines, without any library: answers GET /small with its version.
@main enum Small {
    static let version = "one"
    static let trigger = #"{"type":"http","method":"GET","path":"/small"}"#
    static let about = #""name":"Small","protocol":1,"build":"\#(version)","concurrency":8"#

    static func main() {
        guard CommandLine.arguments.count == 1 else {
            return send(
                #"{\#(about),"timeout":5000,"memory":64,"triggers":[\#(trigger)],"environment":[],"summary":"Small."}"#)
        }
        send(#"{"type":"hello",\#(about),"streaming":false}"#)
        serve: while let line = readLine() {
            let frame = line.split(separator: "\"")
            switch value("type", frame) {
            case "init": send(#"{"type":"ready"}"#)
            case "invoke":
                let http = #"{"status":200,"headers":{"content-type":"application/json"},"body":"\"\#(version)\""}"#
                send(#"{"type":"result","id":"\#(value("id", frame))","http":\#(http)}"#)
            case "drain": break serve
            default: break
            }
        }
        send(#"{"type":"bye"}"#)
    }

    /// The string after a key: `"key":"value"`, split at the quotes.
    static func value(_ key: Substring, _ frame: [Substring]) -> Substring {
        guard let position = frame.firstIndex(of: key), position + 2 < frame.count else { return "" }
        return frame[position + 2]
    }

    static func send(_ line: String) {
        print(line)
        fflush(nil)
    }
}
