using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>Forwards to a real port of this machine, as kubelet forwards to one of a pod.</summary>
internal sealed class PortForward(ChannelConnection connection, ushort port)
{
    private const byte Data = 0;
    private const byte Error = 1;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] number = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(number, port);
        await connection.SendAsync(Data, number, cancellationToken);
        await connection.SendAsync(Error, number, cancellationToken);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        }
        catch (SocketException exception)
        {
            await connection.SendAsync(Error, Encoding.UTF8.GetBytes($"error forwarding port {port} to pod: {exception.Message}"), cancellationToken);
            await connection.CloseAsync(cancellationToken);
            return;
        }
        Task fromClient = FromClientAsync(socket);
        await FromPortAsync(socket, cancellationToken);
        if (!cancellationToken.IsCancellationRequested)
        {
            await connection.CloseAsync(cancellationToken);
        }
        await fromClient;
    }

    // To its end: the request counts as aborted as soon as the client has closed, and what it sent before is to arrive.
    private async Task FromClientAsync(Socket socket)
    {
        try
        {
            while (await connection.ReceiveAsync(CancellationToken.None) is var (channel, data))
            {
                if (channel == Data)
                {
                    await socket.SendAsync(data, CancellationToken.None);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The port has closed.
        }
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The port has closed already.
        }
    }

    private async Task FromPortAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[32 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and int count)
            {
                await connection.SendAsync(Data, buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The client has closed.
        }
    }
}
