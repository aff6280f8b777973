using SshGateway.Ssh.Transport;

namespace SshGateway.Exec.Channels;

/// <summary>
/// Sends what the connection's reader answers, in the order in which it was asked. A client that asks and does not read
/// is not read either. Only a key exchange is never waited for, as the reader is what ends it.
/// </summary>
internal sealed class ReplySender(SshServerTransport leg)
{
    /// <param name="isWanted">Whether it may still be sent; asked while nothing else can be sent. Null: it may.</param>
    public async ValueTask SendAsync(byte[] reply, Func<bool>? isWanted = null)
    {
        while (true)
        {
            await leg.Output.OpenControlBatchAsync().ConfigureAwait(false);
            bool isDone;
            try
            {
                isDone = isWanted?.Invoke() == false || leg.Output.TryAppendReply(reply);
            }
            catch
            {
                leg.Output.CloseBatch();
                throw;
            }
            if (isDone)
            {
                leg.Output.CloseAndFlushLater();
                return;
            }
            leg.ReaderIsHeldUp = true;
            await leg.Output.CloseAndFlushAsync().ConfigureAwait(false);
            leg.ReaderIsHeldUp = false;
        }
    }
}
