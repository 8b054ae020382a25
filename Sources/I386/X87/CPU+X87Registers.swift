// The register forms of D8–DF (ModR/M C0–FF), row by row of the opcode map, with the aliases that every processor
// accepts and no manual since the 387's has listed.

extension CPU {
    @inline(__always)
    func executeRegisterForm(_ unit: X87Unit, opcode: UInt8, modrm: UInt8) throws(CPUFault) {
        let i = Int(modrm & 7)
        let operation = modrm >> 3 & 7
        switch opcode {
        case 0xD8:
            if operation == 2 || operation == 3 {
                unit.compare(i, quietly: false, pops: Int(operation) - 2)
            } else {
                unit.operate(operation, i, into: 0, popping: false)
            }
        case 0xDC:
            if operation == 2 || operation == 3 {  // FCOM2, FCOMP3
                unit.compare(i, quietly: false, pops: Int(operation) - 2)
            } else {
                unit.operate(operation, i, into: i, popping: false)
            }
        case 0xDE:
            if operation == 2 {  // FCOMP5
                unit.compare(i, quietly: false, pops: 1)
            } else if operation == 3 {
                guard i == 1 else { throw .invalidOpcode }
                unit.compare(1, quietly: false, pops: 2)  // FCOMPP
            } else {
                unit.operate(operation, i, into: i, popping: true)
            }
        case 0xD9: try executeD9(unit, operation, i)
        case 0xDA:
            if operation < 4 {
                unit.move(i, when: moveCondition(operation))
            } else {
                guard modrm == 0xE9 else { throw .invalidOpcode }
                unit.compare(1, quietly: true, pops: 2)  // FUCOMPP
            }
        case 0xDB: try executeDB(unit, operation, i)
        case 0xDD:
            switch operation {
            case 0: unit.free(i, popping: false)
            case 1: unit.exchange(i)  // FXCH4
            case 2: unit.copy(to: i, popping: false)
            case 3: unit.copy(to: i, popping: true)
            case 4, 5: unit.compare(i, quietly: true, pops: Int(operation) - 4)
            default: throw .invalidOpcode
            }
        default: try executeDF(unit, operation, i)
        }
    }

    private func executeD9(_ unit: X87Unit, _ operation: UInt8, _ i: Int) throws(CPUFault) {
        switch operation {
        case 0: unit.duplicate(i)
        case 1: unit.exchange(i)
        case 2: guard i == 0 else { throw .invalidOpcode }  // FNOP
        case 3: unit.copyTolerantly(to: i)  // FSTP1
        case 4:
            switch i {
            case 0: unit.changeSign { $0.negated }
            case 1: unit.changeSign { $0.magnitude }
            case 4: unit.test()
            case 5: unit.examine()
            default: throw .invalidOpcode
            }
        case 5:
            guard i != 7 else { throw .invalidOpcode }
            unit.loadConstant(i)
        case 6:
            switch i {
            case 0: unit.replace { $0.powerOfTwoLessOne($1) }
            case 1: unit.combine { $0.logarithm($1, times: $2) }
            case 2: unit.split(clearing: X87Status.c1 | X87Status.c2) { $0.partialTangent($1) }
            case 3: unit.combine { $0.arcTangent(y: $2, x: $1) }
            case 4: unit.split(clearing: X87Status.c1) { $0.extract($1) }
            case 5: unit.remainder(toNearest: true)
            case 6: unit.rotate(7)
            default: unit.rotate(1)
            }
        default:
            switch i {
            case 0: unit.remainder(toNearest: false)
            case 1: unit.combine { $0.logarithmOfOnePlus($1, times: $2) }
            case 2: unit.replace { $0.squareRoot($1) }
            case 3: unit.split(clearing: X87Status.c1 | X87Status.c2) { $0.sineAndCosine($1) }
            case 4: unit.replace { $0.roundedToInteger($1) }
            case 5: unit.scale()
            case 6: unit.trigonometric { $0.sine($1) }
            default: unit.trigonometric { $0.cosine($1) }
            }
        }
    }

    private func executeDB(_ unit: X87Unit, _ operation: UInt8, _ i: Int) throws(CPUFault) {
        switch operation {
        case 0...3: unit.move(i, when: !moveCondition(operation))
        case 4:
            switch i {
            case 0, 1, 4: break  // FNENI, FNDISI, FNSETPM: news to the 8087 and the 287 only
            case 2: unit.clearExceptions()
            case 3: unit.initialize()
            default: throw .invalidOpcode
            }
        case 5: setFlags(unit.compareForFlags(i, quietly: true, popping: false))
        case 6: setFlags(unit.compareForFlags(i, quietly: false, popping: false))
        default: throw .invalidOpcode
        }
    }

    private func executeDF(_ unit: X87Unit, _ operation: UInt8, _ i: Int) throws(CPUFault) {
        switch operation {
        case 0: unit.free(i, popping: true)  // FFREEP
        case 1: unit.exchange(i)  // FXCH7
        case 2, 3: unit.copy(to: i, popping: true)  // FSTP8, FSTP9
        case 4:
            guard i == 0 else { throw .invalidOpcode }
            state.pointee.eax = state.pointee.eax & 0xFFFF_0000 | UInt32(unit.statusWord)
        case 5: setFlags(unit.compareForFlags(i, quietly: true, popping: true))
        case 6: setFlags(unit.compareForFlags(i, quietly: false, popping: true))
        default: throw .invalidOpcode
        }
    }

    /// FCMOVB, FCMOVE, FCMOVBE, FCMOVU; the DB row has their opposites.
    @inline(__always)
    private func moveCondition(_ operation: UInt8) -> Bool {
        switch operation {
        case 0: state.cf
        case 1: state.zf
        case 2: state.cf || state.zf
        default: state.pf
        }
    }

    /// FCOMI and friends write all six arithmetic flags.
    private func setFlags(_ order: X87Arithmetic.Order) {
        switch order {
        case .greater: state.setStatusFlags(0)
        case .less: state.setStatusFlags(Flag.cf)
        case .equal: state.setStatusFlags(Flag.zf)
        case .unordered: state.setStatusFlags(Flag.zf | Flag.pf | Flag.cf)
        }
    }
}
