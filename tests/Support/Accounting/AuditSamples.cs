using SshGateway.Proxy.Accounting;

namespace SshGateway.Tests.Support.Accounting;

/// <summary>Records of the audit log.</summary>
internal static class AuditSamples
{
    public static AuditRecord Record(string session) => new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Proxy = "p",
        Event = "end",
        Connection = "0badcafe-1",
        Protocol = "ssh",
        Client = "192.0.2.1:1",
        Session = session,
        End = "ClientClosed",
        Blame = "Nobody",
        BytesFromClient = 1,
        BytesToClient = 2,
        Seconds = 3,
    };
}
