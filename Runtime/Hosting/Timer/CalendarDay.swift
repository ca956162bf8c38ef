/// A day of the proleptic Gregorian calendar, UTC.
struct CalendarDay: Sendable, Hashable {
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int

    /// - Parameter days: days since 1970-01-01, which was a Thursday.
    ///
    /// Years are counted from March, so that the leap day is the last of its year; 400 of them have 146,097 days.
    init(sinceEpoch days: Int) {
        let shifted = days + 719_468
        let ofCycle = shifted - shifted.floorDivided(by: 146_097) * 146_097
        let year = (ofCycle - ofCycle / 1460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
        let ofYear = ofCycle - (365 * year + year / 4 - year / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        day = ofYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        weekday = (days + 4) - (days + 4).floorDivided(by: 7) * 7
    }
}

extension Int {
    /// Division that rounds down, also below zero.
    func floorDivided(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
