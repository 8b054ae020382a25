// The kernel unpacks one archive after another into its root file system, so our script comes behind whatever initial RAM disk
// there is, and the kernel argument rdinit= starts it. Both ends are told what they are in their environment: a kernel gives
// the arguments that it does not know to its first process.

import Glibc

enum NetImage {
    private static let script = """
        #!/bin/sh
        export PATH=/bin:/sbin:/usr/bin:/usr/sbin
        # nc gives the connection itself to this script, so that nothing stands between the programs and the kernel.
        case $role in
            drain)
                dd bs=1 count=1 of=/dev/null 2>/dev/null
                echo FIRST-BYTE > /dev/console
                cat > /dev/null
                echo LAST-BYTE > /dev/console
                exit;;
            pour) exec dd if=/dev/zero bs=65536 count=$((megabytes * 16)) 2>/dev/null;;
        esac
        mount -t sysfs sysfs /sys
        ifconfig lo 127.0.0.1 up
        ifconfig eth0 $me netmask 255.255.255.0 up
        if [ $role = sink ]; then
            echo SINK-UP
            role=drain nc -l -p 5001 -e /net-bench
            # Some drivers count every two seconds only.
            sleep 3
            cd /sys/class/net/eth0/statistics
            echo FRAMES $(cat rx_packets tx_packets)
        else
            until ping -c 1 $peer >/dev/null; do :; done
            until role=pour nc $peer 5001 -e /net-bench; do :; done
        fi
        sleep 100000

        """

    /// Writes `initrd` with our script behind it into a new file. - Returns: its name.
    static func make(from initrd: String, in folder: Folder) throws -> String {
        var bytes = try readFile(initrd)
        // An archive begins at a multiple of four.
        bytes += [UInt8](repeating: 0, count: -bytes.count & 3)
        bytes += entry("net-bench", mode: 0o100_755, Array(script.utf8)) + entry("TRAILER!!!", mode: 0, [])
        let path = folder.name("initrd")
        guard let file = fopen(path, "w") else { throw BenchError.message("cannot write \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw BenchError.message("\(path): short write")
        }
        return path
    }

    /// A file in the "newc" format of cpio: fourteen figures of eight hexadecimal digits, the name, the contents.
    private static func entry(_ name: String, mode: Int, _ contents: [UInt8]) -> [UInt8] {
        let figures = [1, mode, 0, 0, 1, 0, contents.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
        var bytes = Array("070701".utf8)
        for figure in figures {
            let digits = String(figure, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        bytes += Array(name.utf8) + [0]
        bytes += [UInt8](repeating: 0, count: -bytes.count & 3)
        bytes += contents
        return bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
    }
}
