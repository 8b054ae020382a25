// Our script comes behind whatever initial RAM disk there is, and the kernel argument rdinit= starts it. Both ends are told what they are in their environment: a kernel gives
// the arguments that it does not know to its first process.

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
        var archive = Archive(behind: try readFile(initrd))
        archive.add(file: "net-bench", Array(script.utf8))
        archive.finish()
        let path = folder.name("initrd")
        try writeFile(path, archive.bytes)
        return path
    }
}
