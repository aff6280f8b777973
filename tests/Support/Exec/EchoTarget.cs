using System.Buffers;
using SshGateway.Exec.Channels;

namespace SshGateway.Tests.Support.Exec;

/// <summary>
/// Says back what it is told, once it may: until then it takes nothing. The request "yes" succeeds and no other one.
/// </summary>
internal sealed class EchoTarget(Task? mayRead = null) : IChannelTarget
{
    /// <summary>Bytes that were taken out of the channel.</summary>
    public long Taken { get; private set; }

    /// <summary>How it ended.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask<OpenFailure?> OpenAsync(CancellationToken closed) => default;

    public bool HandleRequest(SshChannel channel, in ChannelRequest request) => request.Type.SequenceEqual("yes"u8);

    public async Task RunAsync(SshChannel channel, CancellationToken closed)
    {
        try
        {
            await (mayRead ?? Task.CompletedTask).WaitAsync(closed);
            await channel.ConsumeAsync(
                ChannelLimits.MaxPacket,
                async (data, cancellation) =>
                {
                    Taken += data.Length;
                    byte[] buffer = [.. new byte[ChannelMessages.MaxHeader], .. data.ToArray()];
                    await channel.AppendAsync(buffer, ChannelMessages.MaxHeader, (int)data.Length, isError: false, cancellation);
                    await channel.FlushAsync();
                },
                closed);
            await channel.SendExitStatusAsync(3);
            await channel.SendEofAsync();
            Ended.TrySetResult();
        }
        catch (OperationCanceledException)
        {
            Ended.TrySetCanceled(closed);
            throw;
        }
    }

    public ValueTask DisposeAsync() => default;
}
