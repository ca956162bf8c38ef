extension Function { public static func main() async {} }
