using System.Net.Sockets;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Kubernetes;

public sealed class ReadAheadStreamTests
{
    [Fact]
    public async Task Bytes_arrive_in_their_order_whatever_the_sizes_of_reads()
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        await using var stream = new ReadAheadStream(pair.Connecting);
        byte[] sent = new byte[500_000];
        var random = new Random(1);
        random.NextBytes(sent);
        Task sending = SendAsync(pair.Accepting, sent);

        List<byte> received = [];
        byte[] buffer = new byte[100_000];
        while (true)
        {
            Assert.Equal(0, await stream.ReadAsync(Memory<byte>.Empty).AsTask().Limited());
            int size = random.Next(1, random.Next(1, buffer.Length));
            int count = await stream.ReadAsync(buffer.AsMemory(0, size)).AsTask().Limited();
            Assert.InRange(count, 0, size);
            if (count == 0)
            {
                break;
            }
            received.AddRange(buffer.AsSpan(0, count));
        }
        await sending;
        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task An_empty_read_waits_for_data_and_the_next_read_brings_all_that_came()
    {
        using LoopbackPair pair = await LoopbackPair.ConnectAsync();
        await using var stream = new ReadAheadStream(pair.Connecting);
        Task<int> empty = stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(empty.IsCompleted);

        await pair.Accepting.SendAsync(new byte[20_000]);
        Assert.Equal(0, await empty.Limited());
        await Eventually.TrueAsync(() => pair.Connecting.Available == 20_000, "all has come");

        Assert.Equal(5, await stream.ReadAsync(new byte[5]));
        Assert.Equal(0, pair.Connecting.Available);
        Assert.Equal(19_995, await stream.ReadAsync(new byte[20_000]));
        // Nothing is left: it waits again.
        Assert.False(stream.ReadAsync(Memory<byte>.Empty).AsTask().IsCompleted);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
        socket.Shutdown(SocketShutdown.Send);
    }
}
