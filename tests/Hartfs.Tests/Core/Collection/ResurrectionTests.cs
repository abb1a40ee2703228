using System.Text;
using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>Collections while others write again, copy and read what is about to go.</summary>
public sealed class ResurrectionTests() : CollectionTest(SmallPacks with
{
    CommitInterval = TimeSpan.FromMilliseconds(40),
})
{
    private const int Writers = 3;
    private const int Contents = 12;
    private const int ContentBytes = 120_000;

    private static readonly TimeSpan RunTime = TimeSpan.FromSeconds(5);

    [Fact]
    public void Content_that_comes_back_while_its_packs_go_is_never_lost()
    {
        using var stop = new CancellationTokenSource(RunTime);
        var threads = new List<Thread>();
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        int[] last = new int[Writers * 4];
        for (int writer = 0; writer < Writers; writer++)
            threads.Add(Start(writer, failures, (id, random) => Write(id, random, last)));
        threads.Add(Start(100, failures, (_, _) => CollectOnce()));
        threads.Add(Start(101, failures, (_, random) => TakeAndDrop(random)));
        while (!stop.IsCancellationRequested && failures.IsEmpty)
            stop.Token.WaitHandle.WaitOne(50);
        stop.Cancel();
        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
        Compare(last);
        Collect();
        Compare(last);
        Verify();
        Temp.Reopen();
        Compare(last);
        Verify();

        Thread Start(int id, System.Collections.Concurrent.ConcurrentQueue<Exception> found, Action<int, Random> step)
        {
            var thread = new Thread(() =>
            {
                var random = new Random(id);
                try
                {
                    while (!stop.IsCancellationRequested)
                        step(id, random);
                }
#pragma warning disable CA1031 // whatever it is, the test tells
                catch (Exception failure)
#pragma warning restore CA1031
                {
                    found.Enqueue(failure);
                    stop.Cancel();
                }
            });
            thread.Start();
            return thread;
        }
    }

    // Every writer makes, replaces, copies and removes files of its own out of the same few contents, so that what one
    // lets die another brings back.
    private void Write(int writer, Random random, int[] last)
    {
        int slot = random.Next(4);
        string name = $"w{writer}-{slot}";
        ref int content = ref last[writer * 4 + slot];
        if (content != 0)
        {
            if (random.Next(2) == 0)
                Assert.Equal(ContentOf(content), Read(name));
            Remove(name);
            content = 0;
        }

        if (random.Next(3) == 0)
            return;
        int other = random.Next(4);
        if (random.Next(3) == 0 && last[writer * 4 + other] is > 0 and var shared)
        {
            Make(name, default);
            Ok(Fs.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes($"w{writer}-{other}"), out InodeRecord from));
            Ok(Fs.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes(name), out InodeRecord to));
            Ok(Fs.CopyRange(from.Number, 0, to.Number, 0, ContentBytes, out long copied));
            Assert.Equal(ContentBytes, copied);
            Fs.Forget(from.Number, 1);
            Fs.Forget(to.Number, 1);
            content = shared;
            return;
        }

        content = random.Next(1, 1 + Contents);
        Make(name, ContentOf(content));
    }

    private void CollectOnce()
    {
        FsError error = Volume.Collection.Run(All).Error;
        Assert.Equal(FsError.None, error);
    }

    private void TakeAndDrop(Random random)
    {
        byte[] name = Encoding.UTF8.GetBytes($"s{random.Next(3)}");
        if (Volume.Snapshots.TryGet(name) is null)
            Volume.Snapshots.Create(name);
        else
            Volume.Snapshots.Delete(name);
        Thread.Yield();
    }

    private void Compare(int[] last)
    {
        for (int index = 0; index < last.Length; index++)
            if (last[index] != 0)
                Assert.Equal(ContentOf(last[index]), Read($"w{index / 4}-{index % 4}"));
    }

    private static byte[] ContentOf(int number) =>
        number % 2 == 0 ? Text(ContentBytes, number) : Noise(ContentBytes, number);
}
