using System.Net;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Authentication;

/// <summary>
/// Which certificates open a session. What they do on the wire: UserCertificateLoginTests; with the real ssh:
/// EndToEnd/UserCertificateTests.
/// </summary>
public sealed class UserCertificateRulesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly ulong Seconds = (ulong)Now.ToUnixTimeSeconds();

    private readonly SshPrivateKey _ca = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _stranger = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _otherCa = Ed25519PrivateKey.Generate();
    private readonly SshPrivateKey _key = Ed25519PrivateKey.Generate();
    private readonly SecurityKey _securityKey = new(SshKeyTypes.SecurityKeyEd25519);

    private Certificate Good => new(_key.PublicKey, _ca);

    private SessionEntry Session => Sessions.Entry("abc12", userCAs: [_otherCa.PublicKey, _ca.PublicKey], owner: "alice");

    public void Dispose()
    {
        _ca.Dispose();
        _otherCa.Dispose();
        _stranger.Dispose();
        _key.Dispose();
        _securityKey.Dispose();
    }

    public static TheoryData<string> Admitted =>
    [
        "session id", "owner", "one of many principals", "first second", "last second", "force-command", "source-address", "verify-required", "unknown extension", "no extensions",
    ];

    [Theory]
    [MemberData(nameof(Admitted))]
    public void A_good_certificate_opens_the_session(string what)
    {
        Certificate certificate = what switch
        {
            "owner" => Good with { Principals = ["alice"] },
            "one of many principals" => Good with { Principals = ["bob", "abc1", "abc12"] },
            "first second" => Good with { ValidAfter = Seconds },
            "last second" => Good with { ValidBefore = Seconds + 1 },
            "force-command" => Good with { CriticalOptions = [("force-command", "/bin/date")] },
            "source-address" => Good with { CriticalOptions = [("source-address", "192.0.2.0/24")] },
            "verify-required" => Good with { Key = _securityKey.PublicKey, CriticalOptions = [("verify-required", null)] },
            "unknown extension" => Good with { Extensions = ["groups@example.com"] },
            "no extensions" => Good with { Extensions = [] },
            _ => Good,
        };
        Assert.Null(Refusal(certificate, Session));
    }

    // A principal is what stands in the certificate: ssh-keygen makes two of "alice,bob", other CAs may not.
    [Theory]
    [InlineData("alice,bob", "alice,bob", true)]
    [InlineData("alice,bob", "alice", false)]
    [InlineData("alice,bob", "bob", false)]
    [InlineData("alice", "alice,bob", false)]
    [InlineData("abc12,alice", "carol", false)]
    [InlineData(",", ",", true)]
    [InlineData("alice,", "alice", false)]
    public void A_comma_in_a_principal_is_a_character(string principal, string owner, bool opens)
    {
        SessionEntry session = Sessions.Entry("abc12", userCAs: [_ca.PublicKey], owner: owner);
        string? refusal = Refusal(Good with { Principals = [principal] }, session);
        Assert.Equal(opens, refusal is null);
    }

    // In place of the session id and the owner.
    [Theory]
    [InlineData("ops", true)]
    [InlineData("on call, Europe", true)]
    [InlineData("on call", false)]
    [InlineData("Europe", false)]
    [InlineData("ops,on call, Europe", false)]
    [InlineData("abc12", false)]
    [InlineData("alice", false)]
    [InlineData("", false)]
    public void A_session_with_principals_of_its_own_takes_no_others(string principal, bool opens)
    {
        SessionEntry session = Sessions.Entry("abc12", userCAs: [_ca.PublicKey], owner: "alice", principals: ["ops", "on call, Europe"]);
        Assert.Equal(opens ? null : "has none of the session's authorized principals", Refusal(Good with { Principals = [principal] }, session));
        Assert.Null(Refusal(Good with { Principals = ["nobody", "ops"] }, session));
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "host certificate", "is no user certificate" },
        { "neither", "is no user certificate" },
        { "other CA", "a CA that the session does not trust" },
        { "no CAs", "a CA that the session does not trust" },
        { "the key itself as CA", "a CA that the session does not trust" },
        { "no principals", "neither the session id nor the session's owner" },
        { "other principals", "neither the session id nor the session's owner" },
        { "empty principal and no owner", "neither the session id nor the session's owner" },
        { "not yet", "is not valid yet" },
        { "expired", "has expired" },
        { "never valid", "has expired" },
        { "unknown critical option", "critical option unheard-of" },
        { "known and unknown critical option", "critical option verify-something" },
        { "an extension as critical option", "critical option permit-pty" },
        { "unprintable critical option", "critical option ?[31m?" },
        { "force-command without data", "force-command without a command" },
        { "empty force-command", "force-command without a command" },
        { "other source-address", "does not admit the client's address" },
        { "source-address without data", "does not admit the client's address" },
        { "verify-required with a plain key", "which only a security key can" },
        { "verify-required with data", "which only a security key can" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Any_other_does_not(string what, string why)
    {
        Certificate certificate = what switch
        {
            "host certificate" => Good with { Type = CertificateType.Host },
            "neither" => Good with { Type = 0 },
            "other CA" => new Certificate(_key.PublicKey, _stranger),
            "the key itself as CA" => new Certificate(_key.PublicKey, _key),
            "no principals" => Good with { Principals = [] },
            "other principals" => Good with { Principals = ["abc1", "abc123", "ABC12", "alice2", "*", ""] },
            "empty principal and no owner" => Good with { Principals = [""] },
            "not yet" => Good with { ValidAfter = Seconds + 1 },
            "expired" => Good with { ValidBefore = Seconds },
            "never valid" => Good with { ValidBefore = 0 },
            "unknown critical option" => Good with { CriticalOptions = [("unheard-of", "x")] },
            "known and unknown critical option" => Good with { CriticalOptions = [("force-command", "x"), ("verify-something", null)] },
            "an extension as critical option" => Good with { CriticalOptions = [("permit-pty", null)] },
            "unprintable critical option" => Good with { CriticalOptions = [("\u001b[31m\n", null)] },
            "force-command without data" => Good with { CriticalOptions = [("force-command", null)] },
            "empty force-command" => Good with { CriticalOptions = [("force-command", "")] },
            "other source-address" => Good with { CriticalOptions = [("source-address", "198.51.100.0/24")] },
            "source-address without data" => Good with { CriticalOptions = [("source-address", null)] },
            "verify-required with a plain key" => Good with { CriticalOptions = [("verify-required", null)] },
            "verify-required with data" => Good with { Key = _securityKey.PublicKey, CriticalOptions = [("verify-required", "x")] },
            _ => Good,
        };
        SessionEntry session = what switch
        {
            "no CAs" => Sessions.Entry("abc12", keys: [_ca.PublicKey, _key.PublicKey], hostCAs: [_ca.PublicKey], owner: "alice"),
            "empty principal and no owner" => Sessions.Entry("abc12", userCAs: [_ca.PublicKey]),
            _ => Session,
        };
        Assert.Contains(why, Refusal(certificate, session), StringComparison.Ordinal);
    }

    [Fact]
    public void A_security_key_has_to_vouch_for_what_its_certificate_demands()
    {
        Certificate certificate = Good with { Key = _securityKey.PublicKey };
        Assert.Equal(SecurityKeyFlags.UserPresent, UserCertificateRules.RequiredFlags(null));
        Assert.Equal(SecurityKeyFlags.UserPresent, UserCertificateRules.RequiredFlags(certificate.Parse()));
        Assert.Equal(SecurityKeyFlags.None, UserCertificateRules.RequiredFlags((certificate with { Extensions = ["no-touch-required"] }).Parse()));
        Assert.Equal(
            SecurityKeyFlags.UserPresent | SecurityKeyFlags.UserVerified,
            UserCertificateRules.RequiredFlags((certificate with { CriticalOptions = [("verify-required", null)] }).Parse()));
    }

    // A key that the session lists opens it by itself; its certificate is judged alone.
    [Fact]
    public void What_opened_the_session_is_asked_again()
    {
        IPEndPoint address = IPEndPoint.Parse("192.0.2.7:50000");
        SessionEntry both = Sessions.Entry("abc12", keys: [_key.PublicKey], userCAs: [_ca.PublicKey]);
        SessionEntry keyAlone = Sessions.Entry("abc12", keys: [_key.PublicKey]);
        SessionEntry caAlone = Sessions.Entry("abc12", userCAs: [_ca.PublicKey]);
        var byKey = new AuthenticatedClient(both, _key.PublicKey, address) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() };
        var byCertificate = new AuthenticatedClient(both, _key.PublicKey, address, (Good with { ValidBefore = Seconds + 60 }).Parse()) { ConnectionId = "0badcafe-1", RevokedKeys = new RevokedKeys() };
        Assert.Equal([true, true, false], new[] { both, keyAlone, caAlone }.Select(session => byKey.FindProblem(session, Now) is null));
        Assert.Equal([true, false, true], new[] { both, keyAlone, caAlone }.Select(session => byCertificate.FindProblem(session, Now) is null));
        Assert.NotNull(byCertificate.FindProblem(both, Now.AddMinutes(1)));
    }

    private static string? Refusal(Certificate certificate, SessionEntry session) =>
        UserCertificateRules.FindProblem(certificate.Parse(), session, IPAddress.Parse("192.0.2.7"), Now)?.Description;
}
