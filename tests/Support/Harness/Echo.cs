using System.Net.Sockets;

namespace SshGateway.Tests.Support.Harness;

/// <summary>The client of <see cref="EchoServer"/>.</summary>
internal static class Echo
{
    private const int Size = 3_000_000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Sends some megabytes and an end of file through the connected socket and expects them back.</summary>
    public static async Task RoundTripAsync(Socket connected)
    {
        byte[] sent = new byte[Size];
        new Random(Size).NextBytes(sent);
        using CancellationTokenSource timeout = new(Deadline);
        await using NetworkStream stream = new(connected, ownsSocket: true);
        using MemoryStream received = new();

        Task receiving = stream.CopyToAsync(received, timeout.Token);
        await stream.WriteAsync(sent, timeout.Token);
        connected.Shutdown(SocketShutdown.Send);
        await receiving;

        Assert.True(received.GetBuffer().AsSpan(0, (int)received.Length).SequenceEqual(sent), $"{received.Length} of {Size} bytes came back, or others.");
    }
}
