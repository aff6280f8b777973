using System.Text;
using CsCheck;
using SshGateway.Proxy.Passthrough;
using Xunit;

namespace SshGateway.Tests.Unit.Listening;

public sealed class ConnectRequestTests
{
    [Theory]
    [InlineData("CONNECT abc12:22 HTTP/1.0\r\n\r\n", "abc12", 22)]
    [InlineData("CONNECT abc12 HTTP/1.1\r\n\r\n", "abc12", null)]
    [InlineData("CONNECT abc12:2222 HTTP/1.1\r\nHost: abc12:2222\r\nUser-Agent: x y\r\nEmpty:\r\n\r\n", "abc12", 2222)]
    [InlineData("CONNECT abc12:ssh HTTP/1.1\r\n\r\n", "abc12", 0)]
    [InlineData("CONNECT abc12: HTTP/1.1\r\n\r\n", "abc12", 0)]
    [InlineData("CONNECT abc12:65536 HTTP/1.1\r\n\r\n", "abc12", 0)]
    [InlineData("CONNECT 10.0.0.1:22 HTTP/1.1\r\n\r\n", "", 22)]
    [InlineData("CONNECT [::1]:22 HTTP/1.1\r\n\r\n", "", 0)]
    [InlineData("CONNECT ABC12:22 HTTP/1.1\r\n\r\n", "abc12", 22)]
    public void A_request_names_a_session_and_a_port(string head, string id, int? port)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(head);
        Assert.Equal(bytes.Length, ConnectRequest.FindHead([.. bytes, 1, 2, 3]));
        Assert.True(ConnectRequest.TryParse(bytes, out ConnectRequest? request, out _));
        Assert.Equal(new ConnectRequest(id, port), request);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(0, ConnectRequest.FindHead(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Mutated_requests_are_read_or_refused_and_nothing_else()
    {
        Mutation.Of(Encoding.Latin1.GetBytes("CONNECT abc12:2222 HTTP/1.1\r\nHost: abc12:2222\r\nUser-Agent: x y\r\n\r\n")).Sample(
            bytes =>
            {
                int length = ConnectRequest.FindHead(bytes);
                if (length == 0)
                {
                    return;
                }
                if (ConnectRequest.TryParse(bytes.AsSpan(0, length), out ConnectRequest? request, out _))
                {
                    Assert.True(request.SessionId.Length <= 40 && request.Port is null or (>= 0 and <= 65535), request.ToString());
                }
            },
            iter: 20_000, print: Convert.ToHexString);
    }

    [Theory]
    [InlineData("CONNECT abc12:22\r\n\r\n")]
    [InlineData("CONNECT abc12:22 HTTP/2.0\r\n\r\n")]
    [InlineData("CONNECT  HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT abc12:22  HTTP/1.1\r\n\r\n")]
    [InlineData("CONNECT abc12:22 HTTP/1.1 \r\n\r\n")]
    [InlineData("CONNECT abc12:22 HTTP/1.1\r\nno colon\r\n\r\n")]
    [InlineData("CONNECT abc12:22 HTTP/1.1\r\n: no name\r\n\r\n")]
    [InlineData("CONNECT abc12:22 HTTP/1.1\r\nA: b\nC: d\r\n\r\n")]
    public void What_is_no_request_is_refused(string head) =>
        Assert.False(ConnectRequest.TryParse(Encoding.Latin1.GetBytes(head), out _, out _));
}
