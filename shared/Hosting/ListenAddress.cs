using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SshGateway.Hosting;

/// <summary>An address to listen on: <c>127.0.0.1:2222</c> or <c>[::]:2222</c>; port 0 takes a free one.</summary>
public static class ListenAddress
{
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        // IPEndPoint itself takes an address without a port, which would then listen on any.
        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && (text[colon - 1] == ']' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        address = null;
        return hasPort && IPEndPoint.TryParse(text, out address);
    }
}
