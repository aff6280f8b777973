using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A hostile peer: bytes on a socket, and whether and when the gateway closes it.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawConnection(Socket socket)
    {
        _socket = socket;
    }

    /// <summary>What the gateway said so far, as Latin-1.</summary>
    public string Received => Encoding.Latin1.GetString([.. _received]);

    public static async Task<RawConnection> OpenAsync(IPEndPoint gateway)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway);
        return new RawConnection(socket);
    }

    /// <summary>Sends until all is sent or the gateway has closed.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        try
        {
            for (; data.Length > 0; data = data[Math.Min(data.Length, 65536)..])
            {
                await _socket.SendAsync(data[..Math.Min(data.Length, 65536)], cancel);
            }
        }
        catch (SocketException)
        {
            // Closed by the gateway.
        }
    }

    /// <summary>Reads to the end; false when the gateway keeps the connection open until the deadline.</summary>
    public async Task<bool> IsClosedAsync(CancellationToken cancel)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                int read = await _socket.ReceiveAsync(buffer, cancel);
                if (read == 0)
                {
                    return true;
                }

                _received.AddRange(buffer.AsSpan(0, read));
            }
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Half a close: the gateway may still answer.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    //  uint32    packet_length
    //  byte      padding_length
    //  byte[n1]  payload
    //  byte[n2]  random padding
    // RFC 4253 section 6, before the first key exchange: no MAC, multiples of 8.

    /// <summary>A well-formed plain packet.</summary>
    public static byte[] Packet(params byte[] payload)
    {
        int padding = 8 - ((5 + payload.Length) % 8);
        padding = padding < 4 ? padding + 8 : padding;
        return Packet((uint)(1 + payload.Length + padding), (byte)padding, [.. payload, .. new byte[padding]]);
    }

    /// <summary>A plain packet with whatever is in its two length fields.</summary>
    public static byte[] Packet(uint packetLength, byte paddingLength, byte[] rest)
    {
        byte[] packet = new byte[5 + rest.Length];
        BinaryPrimitives.WriteUInt32BigEndian(packet, packetLength);
        packet[4] = paddingLength;
        rest.CopyTo(packet, 5);
        return packet;
    }

    /// <summary>The payload of a KEXINIT (RFC 4253 section 7.1) with these ten name-lists.</summary>
    public static byte[] KexInit(params string[] lists)
    {
        using MemoryStream payload = new();
        payload.WriteByte(20);
        payload.Write(new byte[16]);
        Span<byte> length = stackalloc byte[4];
        foreach (string list in lists)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, list.Length);
            payload.Write(length);
            payload.Write(Encoding.ASCII.GetBytes(list));
        }

        payload.Write(new byte[5]);
        return payload.ToArray();
    }
}
