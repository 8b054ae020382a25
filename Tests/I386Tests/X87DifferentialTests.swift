// The soft float against the host's own x87, where there is one: random operands, all rounding and precision modes, bit for
// bit with all six exception flags. glibc's fenv sets the control word; the operands live on the heap, so that no
// optimizer can carry an operation across a change of mode.

#if arch(x86_64)

    import Glibc
    import I386
    import Testing

    @Suite struct X87DifferentialTests {
        /// Operands and result of one operation on the host.
        private final class HostUnit {
            private let cells = UnsafeMutablePointer<Float80>.allocate(capacity: 3)
            private let environment = UnsafeMutablePointer<fenv_t>.allocate(capacity: 2)

            init() {
                cells.initialize(repeating: 0, count: 3)
                environment.initialize(repeating: fenv_t(), count: 2)
                fegetenv(environment)
            }
            deinit {
                fesetenv(environment)
                cells.deallocate()
                environment.deallocate()
            }

            private func put(_ value: Extended80, _ i: Int) {
                let raw = UnsafeMutableRawPointer(cells + i)
                raw.storeBytes(of: value.mantissa, as: UInt64.self)
                raw.storeBytes(of: value.signExponent, toByteOffset: 8, as: UInt16.self)
            }

            /// Result and exceptions of `operation`, which reads cells 0 and 1 and writes cell 2.
            func run(
                _ a: Extended80, _ b: Extended80, control: UInt16, _ operation: (UnsafeMutablePointer<Float80>) -> Void
            ) -> (Extended80, UInt16) {
                put(a, 0)
                put(b, 1)
                environment[1] = environment[0]
                environment[1].__control_word = control | 0x3F
                environment[1].__status_word = 0
                fesetenv(environment + 1)
                operation(cells)
                fegetenv(environment + 1)
                let raised = environment[1].__status_word & 0x3F
                fesetenv(environment)
                let raw = UnsafeRawPointer(cells + 2)
                return (
                    Extended80(
                        signExponent: raw.load(fromByteOffset: 8, as: UInt16.self), mantissa: raw.load(as: UInt64.self)),
                    raised
                )
            }
        }

        enum Operation: CaseIterable, CustomTestStringConvertible {
            case add, subtract, multiply, divide, squareRoot
            var testDescription: String { "\(self)" }

            func onHost(_ cells: UnsafeMutablePointer<Float80>) {
                switch self {
                case .add: cells[2] = cells[0] + cells[1]
                case .subtract: cells[2] = cells[0] - cells[1]
                case .multiply: cells[2] = cells[0] * cells[1]
                case .divide: cells[2] = cells[0] / cells[1]
                case .squareRoot: cells[2] = cells[0].squareRoot()
                }
            }

            func inSoftware(_ a: Extended80, _ b: Extended80, _ arithmetic: inout X87Arithmetic) -> Extended80 {
                switch self {
                case .add: arithmetic.add(a, b)
                case .subtract: arithmetic.subtract(a, b)
                case .multiply: arithmetic.multiply(a, b)
                case .divide: arithmetic.divide(a, b)
                case .squareRoot: arithmetic.squareRoot(a)
                }
            }
        }

        @Test(arguments: Operation.allCases)
        func arithmeticAgreesWithTheHost(_ operation: Operation) {
            let host = HostUnit()
            var random = X87Random(seed: 0x1387)
            for _ in 0..<20_000 {
                var a = random.extended()
                let b = random.extended()
                // Swift sorts out negative operands of a square root itself, with a comparison.
                if operation == .squareRoot { a.signExponent &= 0x7FFF }
                // All rounding modes; 24, 53 and 64 bits.
                let precision = [UInt16(0x000), 0x200, 0x300, 0x300][Int(random.below(4))]
                let control = 0x7F | precision | UInt16(random.below(4)) << 10
                let (wanted, flags) = host.run(a, b, control: control, operation.onHost)
                var arithmetic = X87Arithmetic(control: control)
                let got = operation.inSoftware(a, b, &arithmetic)
                if got != wanted || arithmetic.raised & 0x3F != flags {
                    Issue.record(
                        """
                        \(operation) \(a) \(b) under \(String(control, radix: 16)): \(got) with \
                        \(String(arithmetic.raised & 0x3F, radix: 16)), the host says \(wanted) with \
                        \(String(flags, radix: 16))
                        """)
                    return
                }
            }
        }
    }

#endif
