using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.Keys;

/// <summary>Signatures by security keys; the real ssh makes them in EndToEnd/SecurityKeyTests.</summary>
public sealed class SecurityKeySignatureTests
{
    private const SecurityKeyFlags Both = SecurityKeyFlags.UserPresent | SecurityKeyFlags.UserVerified;

    private static readonly byte[] Data = [1, 2, 3];

    public static TheoryData<string> Types => [SshKeyTypes.SecurityKeyEd25519, SshKeyTypes.SecurityKeyEcdsaP256];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_signature_verifies_when_the_key_vouches_for_what_is_demanded(string type)
    {
        using var key = new SecurityKey(type);
        SecurityKeyFlags[] all = [SecurityKeyFlags.None, SecurityKeyFlags.UserPresent, SecurityKeyFlags.UserVerified, Both];
        foreach (SecurityKeyFlags given in all)
        {
            byte[] signature = key.Sign(Data, given);
            foreach (SecurityKeyFlags demanded in all)
            {
                bool expected = (given & demanded) == demanded;
                Assert.Equal(expected, SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature, Data, demanded));
            }
            Assert.Equal(given.HasFlag(SecurityKeyFlags.UserPresent), SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature, Data));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_it_vouches_for_and_its_counter_are_signed(string type)
    {
        using var key = new SecurityKey(type);
        byte[] signature = key.Sign(Data, SecurityKeyFlags.None);
        foreach (int flagsOrCounter in Enumerable.Range(signature.Length - 5, 5))
        {
            byte[] changed = [.. signature];
            changed[flagsOrCounter] ^= 1;
            Assert.False(SignatureVerifier.Verify(key.PublicKey, key.Algorithm, changed, Data, SecurityKeyFlags.None));
        }
        Assert.False(SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature, [.. Data, 4], SecurityKeyFlags.None));
        Assert.True(SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature, Data, SecurityKeyFlags.None));
    }

    // A web site's key in the same device signs for its own application.
    [Theory]
    [MemberData(nameof(Types))]
    public void A_signature_for_another_application_is_refused(string type)
    {
        using var ssh = new SecurityKey(type);
        var fields = new SshReader(ssh.PublicKey.Blob.Span);
        byte[] withoutApplication = fields.ReadBytes(fields.Remaining - 4 - "ssh:".Length).ToArray();
        SshPublicKey sameKeyForAWebSite = SshPublicKey.Parse(new SshWriter().WriteBytes(withoutApplication).WriteString("https://example.com").Written);
        Assert.False(SignatureVerifier.Verify(sameKeyForAWebSite, ssh.Algorithm, ssh.Sign(Data), Data));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_signature_without_its_end_or_with_more_is_malformed(string type)
    {
        using var key = new SecurityKey(type);
        byte[] signature = key.Sign(Data);
        Assert.Throws<SshFormatException>(() => SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature.AsSpan(0, signature.Length - 5), Data));
        Assert.Throws<SshFormatException>(() => SignatureVerifier.Verify(key.PublicKey, key.Algorithm, signature.AsSpan(0, signature.Length - 1), Data));
        Assert.Throws<SshFormatException>(() => SignatureVerifier.Verify(key.PublicKey, key.Algorithm, [.. signature, 0], Data));
    }

    [Fact]
    public void An_application_has_a_bound()
    {
        using var longest = new SecurityKey(SshKeyTypes.SecurityKeyEd25519, new string('a', 255));
        Assert.True(SignatureVerifier.Verify(longest.PublicKey, longest.Algorithm, longest.Sign(Data), Data));
        Assert.Throws<SshFormatException>(() => new SecurityKey(SshKeyTypes.SecurityKeyEd25519, new string('a', 256)).Dispose());
    }
}
