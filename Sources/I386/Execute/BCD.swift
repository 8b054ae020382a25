// Decimal arithmetic, straight from the operation sections of SDM 2. Nobody writes it any more; everybody has to have it.

extension CPU {
    private var al: UInt32 {
        get { register(0, 1) }
        set { setRegister(0, 1, newValue) }
    }

    func executeDecimal(_ op: OpPointer) throws(CPUFault) {
        let oldAL = al
        let oldCF = state.cf
        let lowTooBig = oldAL & 0xf > 9 || state.af
        switch op.pointee.operation {
        case .daa, .das:
            let adds = op.pointee.operation == .daa
            var carry = false
            var result = oldAL
            if lowTooBig {
                carry = oldCF || (adds ? oldAL + 6 > 0xff : oldAL < 6)
                result = adds ? result &+ 6 : result &- 6
            }
            if oldAL > 0x99 || oldCF {
                result = adds ? result &+ 0x60 : result &- 0x60
                carry = true
            }
            setRegister(0, 1, result)
            finish(result & 0xff, carry: carry, auxiliary: lowTooBig)
        case .aaa, .aas:
            if lowTooBig {
                let ax = register(0, 2)
                setRegister(0, 2, op.pointee.operation == .aaa ? ax &+ 0x106 : ax &- 0x106)
            }
            setRegister(0, 1, al & 0xf)
            finish(al, carry: lowTooBig, auxiliary: lowTooBig)
        case .aam:
            let base = op.pointee.imm
            guard base != 0 else { throw .divideError }
            setRegister(1, 1, oldAL / base)
            setRegister(0, 1, oldAL % base)
            finish(al, carry: false, auxiliary: false)
        default:  // aad
            let sum = (oldAL &+ register(1, 1) &* op.pointee.imm) & 0xff
            setRegister(0, 2, sum)
            finish(sum, carry: false, auxiliary: false)
        }
    }

    private func finish(_ result: UInt32, carry: Bool, auxiliary: Bool) {
        setResult(result, 1)
        // CF without OF: a carry into the top bit as well.
        state.pointee.carries = (carry ? 3 << 31 : 0) | (auxiliary ? 0x10 : 0)
    }
}
