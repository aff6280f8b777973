using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace SshGateway.Hosting;

/// <summary>An address to listen on: <c>127.0.0.1:2222</c> or <c>[::]:2222</c>; port 0 takes a free one.</summary>
internal static class ListenAddress
{
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? address)
    {
        // IPEndPoint itself takes an address without a port, which would then listen on any.
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && (text[colon - 1] == ']' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        address = null;
        return hasPort && IPEndPoint.TryParse(text, out address);
    }

    /// <summary>Finds out before the start whether an address can be listened on, to name the setting.</summary>
    /// <param name="text">Its value, which parses.</param>
    /// <exception cref="ConfigurationException">It cannot.</exception>
    public static void Probe(string setting, string text)
    {
        IPEndPoint address = TryParse(text, out IPEndPoint? parsed) ? parsed : throw new ArgumentException("it does not parse", nameof(text));
        try
        {
            // Bound and not listening: nobody can connect meanwhile.
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }
            socket.Bind(address);
        }
        catch (SocketException problem)
        {
            string otherwise = problem.SocketErrorCode == SocketError.AddressAlreadyInUse ? "end the program that listens there, or write another address or port" : "write another address or port";
            throw new ConfigurationException([$"{setting} is \"{text}\", which cannot be listened on: {problem.Message}; {otherwise}"]);
        }
    }
}
