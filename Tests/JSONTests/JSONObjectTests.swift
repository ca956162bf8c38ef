import JSON
import Testing

struct JSONObjectTests {
    @Test func `keeps the order of writing`() throws {
        let text = #"{"z":1,"a":2,"m":{"y":1,"b":2}}"#
        #expect(try JSON(parsing: text).text == text)
    }

    @Test func `sets, replaces in place, and removes`() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = 20
        object["d"] = 4
        object["a"] = nil
        object["none"] = nil
        #expect(object.keys == ["b", "c", "d"])
        #expect(JSON.object(object).text == #"{"b":20,"c":3,"d":4}"#)
    }

    @Test func `finds members of large objects`() {
        var object = JSONObject()
        for number in 0..<1000 { object["key\(number)"] = .integer(Int64(number)) }
        #expect(object["key999"] == 999)
        object["key500"] = nil
        #expect(object["key500"] == nil)
        #expect(object["key501"] == 501)
        #expect(object.count == 999)
        #expect(object.keys.first == "key0")
    }

    @Test func `equal members in another order are equal and hash alike`() {
        let one: JSON = ["a": 1, "b": [true]]
        let other: JSON = ["b": [true], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1])
        #expect(one != ["a": 1, "c": [true]])
    }

    @Test func `reads members and elements`() {
        let json: JSON = ["list": [1, 2.5, "x"], "flag": true, "none": nil]
        #expect(json["list"]?[0]?.int == 1)
        #expect(json["list"]?[1]?.double == 2.5)
        #expect(json["list"]?[1]?.int == nil)
        #expect(json["list"]?[9] == nil)
        #expect(json["list"]?["a"] == nil)
        #expect(json["flag"]?.bool == true)
        #expect(json["none"]?.isNull == true)
        #expect(json["missing"] == nil)
    }
}
