using System.Globalization;
using System.Text;

namespace SshGateway.Proxy.Passthrough;

/// <summary>Answers to CONNECT: RFC 9110 section 9.3.6.</summary>
internal static class HttpReply
{
    /// <summary>What follows is the pod's.</summary>
    public static ReadOnlyMemory<byte> Established { get; } = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    /// <summary>RFC 9110 section 15.5.1: it is no request that is known here.</summary>
    public static ReadOnlyMemory<byte> BadRequest(string sentence) => Refusal("400 Bad Request", sentence);

    /// <summary>RFC 9110 section 15.5.4.</summary>
    public static ReadOnlyMemory<byte> Forbidden(string sentence) => Refusal("403 Forbidden", sentence);

    /// <summary>RFC 9110 section 15.6.4: another time it may work.</summary>
    public static ReadOnlyMemory<byte> Unavailable(string sentence) => Refusal("503 Service Unavailable", sentence);

    private static byte[] Refusal(string status, string sentence)
    {
        byte[] body = Encoding.UTF8.GetBytes(sentence + "\n");
        string head = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
