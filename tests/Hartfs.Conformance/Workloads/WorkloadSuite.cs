using System.Globalization;
using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Workloads;

/// <summary>Real programs doing real work: copying, building, databases, version control, load generators.</summary>
public abstract class WorkloadSuite(PosixTarget target)
{
    private readonly string _directory = target.NewDirectory();

    /// <summary>A tree that every machine with this suite has: headers, links and all.</summary>
    private const string RealTree = "/usr/include";

    [Fact]
    public void A_real_tree_copied_in_is_the_same_in_every_byte_and_attribute()
    {
        string copy = Path.Combine(_directory, "copy");
        CommandLine.Run("cp", ["-a", RealTree, copy]);
        Assert.Empty(Differences(RealTree, copy));
        CommandLine.Run("diff", ["-r", "--no-dereference", RealTree, copy]);
        string second = Path.Combine(_directory, "second");
        CommandLine.Run("cp", ["-a", copy, second]);
        CommandLine.Run("rm", ["-r", copy]);
        Assert.Empty(Differences(RealTree, second));
        CommandLine.Run("rm", ["-r", second]);
    }

    [Fact]
    public void A_tree_of_odd_files_copied_in_is_the_same_in_every_byte_and_attribute()
    {
        string source = Path.Combine(Path.GetTempPath(), $"hartfs-odd-{Environment.ProcessId}");
        try
        {
            CommandLine.Shell($$"""
                mkdir {{source}} && cd {{source}}
                echo one > file; ln file link; ln -s file soft; ln -s missing dangling; mkfifo fifo; mknod null c 1 3
                truncate -s 100M sparse
                printf x | dd of=sparse bs=1 seek=50M conv=notrunc status=none
                head -c 3000000 /dev/urandom > noise; seq 400000 > pattern; : > empty
                chmod 4751 file; chown 1000:1001 noise; touch -d '1999-12-31 23:59:59.123456789' pattern
                setfattr -n user.note -v 'a value' file; setfattr -n trusted.note -v x noise
                setfacl -m u:1000:rw,g:1001:r noise; mkdir -p deep/er; setfacl -d -m u:1000:rwx deep
                mkdir deep/inherits
                printf 'x' > $'name with \n newline and \xff byte'; mkdir sticky setgid
                chmod 1777 sticky; chmod 2755 setgid
                """);
            string copy = Path.Combine(_directory, "copy");
            CommandLine.Run("cp", ["-a", source, copy]);
            Assert.Empty(Differences(source, copy));
            CommandLine.Run("rsync", ["-aHAXS", source + "/", Path.Combine(_directory, "rsynced") + "/"]);
            Assert.Empty(Differences(source, Path.Combine(_directory, "rsynced")));
            CommandLine.Shell("tar --xattrs --acls -C copy -cf tree.tar . && mkdir untarred && " +
                "tar --xattrs --xattrs-include='*' --acls -C untarred -xpf tree.tar", _directory);
            Assert.Empty(Differences(source, Path.Combine(_directory, "untarred")));
        }
        finally
        {
            CommandLine.Run("rm", ["-rf", source]);
        }
    }

    [Fact]
    public void Git_clones_repacks_and_finds_its_objects_whole()
    {
        CommandLine.Shell("""
            export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
            git init -q -b main work && cd work && git config user.email a@b.c && git config user.name n
            for i in $(seq 12); do
              mkdir -p d$((i % 4)); seq $((i * 1000)) > d$((i % 4))/numbers; cp /usr/include/*.h .
              echo $i >> log; git add -A; git commit -qm "change $i"; git branch b$i
            done
            git mv log journal; git commit -qm move; git checkout -q b3; git checkout -q main
            git status --porcelain | (! grep .)
            cd .. && git clone -q work clone && cd clone
            git fsck --full --strict && git gc -q --aggressive --prune=now
            git fsck --full && git log --oneline | wc -l | grep -qx 13 && git status --porcelain | (! grep .)
            cd .. && git clone -q --bare clone bare.git && git -C bare.git fsck --full
            """, _directory);
    }

    [Theory]
    [InlineData("WAL", "FULL")]
    [InlineData("WAL", "NORMAL")]
    [InlineData("DELETE", "FULL")]
    [InlineData("TRUNCATE", "FULL")]
    public void Sqlite_keeps_its_integrity(string mode, string synchronous)
    {
        string script = $"""
            PRAGMA journal_mode={mode}; PRAGMA synchronous={synchronous};
            CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB, w TEXT); CREATE INDEX i ON t(w);
            BEGIN; WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
              INSERT INTO t(v, w) SELECT randomblob(x % 300), 'w' || (x * 7919 % 20000) FROM n; COMMIT;
            UPDATE t SET v = randomblob(50) WHERE id % 7 = 0; DELETE FROM t WHERE id % 11 = 0; VACUUM;
            """;
        string single = string.Concat(Enumerable.Range(0, 60).Select(i => $"INSERT INTO t(w) VALUES('single{i}');\n"));
        string file = Path.Combine(_directory, "script.sql");
        File.WriteAllText(file, script + single + "PRAGMA integrity_check; SELECT count(*) FROM t;\n");
        string output = CommandLine.Shell("sqlite3 -bail db < script.sql", _directory);
        Assert.EndsWith("ok\n18242", output.Trim(), StringComparison.Ordinal);
        Assert.Equal("ok\n18242", CommandLine.Run("sqlite3",
            ["db", "PRAGMA integrity_check; SELECT count(*) FROM t;"], _directory).Trim());
    }

    [Fact]
    public void Sqlite_writers_in_several_processes_take_turns()
    {
        CommandLine.Shell("""
            sqlite3 db 'PRAGMA journal_mode=WAL; CREATE TABLE t(p, n)' > /dev/null
            for p in 1 2 3 4; do
              (for n in $(seq 25); do echo "PRAGMA busy_timeout=60000; INSERT INTO t VALUES($p, $n);"; done |
                sqlite3 -bail db > /dev/null) & pids+=($!)
            done
            for pid in ${pids[@]}; do wait $pid; done
            found=$(sqlite3 db 'SELECT count(*), count(DISTINCT p || "-" || n) FROM t; PRAGMA integrity_check')
            [ "$found" = $'100|100\nok' ]
            """, _directory);
    }

    [Fact]
    public void A_project_in_C_builds_in_parallel_and_runs()
    {
        CommandLine.Shell("""
            printf 'CFLAGS = -O1 -MMD\nSRC = $(wildcard *.c)\n' > Makefile
            printf 'program: $(SRC:.c=.o)\n\t$(CC) -o $@ $^\n-include *.d\n' >> Makefile
            for i in $(seq 60); do
              printf '#include <stdio.h>\n#include "all.h"\nint f%d(int x) { return x + %d; }\n' $i $i > f$i.c
              echo "int f$i(int);" >> all.h
            done
            (echo '#include <stdio.h>'; echo '#include "all.h"'; echo 'int main(void) { int s = 0;'
             for i in $(seq 60); do echo "s = f$i(s);"; done; echo 'printf("%d\n", s); return 0; }') > main.c
            make -s -j4 && [ $(./program) = 1830 ]
            make -q; touch f7.c; sleep 0.01; ! make -q; make -s -j4; ./program > /dev/null
            """, _directory);
    }

    [Theory]
    [InlineData("write", "4k")]
    [InlineData("randwrite", "4k")]
    [InlineData("write", "1m")]
    [InlineData("randrw", "64k")]
    public void Fio_reads_back_what_it_wrote(string pattern, string blockSize) => CommandLine.Run("fio",
        ["--name=verify", "--filename=fio.data", "--size=48m", $"--rw={pattern}", $"--bs={blockSize}",
            "--ioengine=psync", "--verify=crc32c", "--verify_fatal=1", "--do_verify=1", "--end_fsync=1",
            "--fallocate=none",
            "--buffer_compress_percentage=40", "--output-format=terse"], _directory);

    [Fact]
    public void Fio_verifies_through_direct_access_and_shared_mappings()
    {
        CommandLine.Run("fio", ["--name=mapped", "--filename=m.data", "--size=24m", "--rw=randwrite", "--bs=4k",
            "--ioengine=mmap", "--verify=crc32c", "--verify_fatal=1", "--output-format=terse"], _directory);
        CommandLine.Run("fio", ["--name=direct", "--filename=d.data", "--size=24m", "--rw=randwrite", "--bs=4k",
            "--direct=1", "--ioengine=psync", "--verify=crc32c", "--verify_fatal=1", "--output-format=terse"],
            _directory);
    }

    /// <summary>HARTFS_FSX_OPERATIONS sets how many operations each file sees.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_operations_on_files_give_what_the_model_holds(int seed)
    {
        using RandomFile file = new(Path.Combine(_directory, "random"), seed);
        for (int i = 0; i < Setting("HARTFS_FSX_OPERATIONS", 8000); i++)
        {
            file.Step();
            if (i % 1000 == 999) file.Verify();
        }

        file.Verify();
    }

    [Fact]
    public void Threads_on_files_of_their_own_do_not_disturb_each_other()
    {
        const int ThreadCount = 4;
        Exception?[] failures = new Exception?[ThreadCount];
        Thread[] threads = [.. Enumerable.Range(0, ThreadCount).Select(index => new Thread(() =>
        {
            try
            {
                using RandomFile file = new(Path.Combine(_directory, $"random{index}"), 100 + index);
                for (int i = 0; i < Setting("HARTFS_FSX_OPERATIONS", 8000) / 4; i++) file.Step();
                file.Verify();
            }
#pragma warning disable CA1031 // told by the test's own thread
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failures[index] = exception;
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void Names_made_and_moved_by_several_processes_are_all_there()
    {
        CommandLine.Shell("""
            for p in 1 2 3 4; do
              (for i in $(seq 300); do echo $p.$i > t.$p.$i; mv t.$p.$i f.$p.$i; ln f.$p.$i l.$p.$i; rm f.$p.$i; done) &
              pids+=($!)
            done
            for pid in ${pids[@]}; do wait $pid; done
            [ $(ls | wc -l) = 1200 ]; for f in l.*; do [ l.$(cat $f) = $f ]; done
            """, _directory);
    }

    /// <summary>
    /// What rsync would still have to do; it compares contents, links, owners, times, ACLs and attributes.
    /// </summary>
    private static string Differences(string source, string copy) => CommandLine.Run("rsync",
        ["-aHAXn", "--checksum", "--delete", "--itemize-changes", source + "/", copy + "/"]).Trim();

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
