using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Unit.Ssh.Keys;

/// <summary>Announcing host keys and proving them; the real ssh learns them in EndToEnd/HostKeyRotationTests.</summary>
public sealed class HostKeyRotationTests : IDisposable
{
    private static readonly byte[] SessionId = [1, 2, 3];
    private static readonly byte[] Failure = [MessageNumber.RequestFailure];

    private readonly SshPrivateKey[] _keys =
    [
        Ed25519PrivateKey.Generate(), PrivateKeys.Generate(SshKeyTypes.Rsa), PrivateKeys.Generate(SshKeyTypes.EcdsaP256), Ed25519PrivateKey.Generate(),
    ];

    private HostKeySet Keys => new(_keys);

    public void Dispose() => Array.ForEach(_keys, key => key.Dispose());

    [Fact]
    public void All_keys_are_announced_and_the_first_of_each_type_signs()
    {
        var reader = new SshReader(HostKeyRotation.Announce(Keys));
        Assert.Equal(MessageNumber.GlobalRequest, reader.ReadByte());
        Assert.Equal("hostkeys-00@openssh.com", Encoding.ASCII.GetString(reader.ReadString()));
        Assert.False(reader.ReadBoolean());
        foreach (SshPrivateKey key in _keys)
        {
            Assert.Equal(key.PublicKey.Blob.ToArray(), reader.ReadString().ToArray());
        }
        reader.End();
        Assert.Same(_keys[0], Keys.Find("ssh-ed25519").Key);
        Assert.Throws<SshFormatException>(() => new HostKeySet([.. Enumerable.Repeat(_keys[0], 9)]));
    }

    // Certificates are offered beside the plain keys and never announced, as in sshd (sshd-session.c, notify_hostkeys).
    [Fact]
    public void A_certificate_is_shown_to_those_who_ask_for_one()
    {
        var certificates = new Dictionary<SshPrivateKey, byte[]> { [_keys[1]] = [1, 2, 3], [_keys[3]] = [4] };
        HostKeySet keys = new(_keys, certificates);

        Assert.Equal(
            ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256",
                "ssh-ed25519-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com"],
            keys.Algorithms);
        Assert.Same(_keys[0], keys.Find("ssh-ed25519").Key);
        Assert.Same(_keys[3], keys.Find("ssh-ed25519-cert-v01@openssh.com").Key);
        (SshPrivateKey key, SignatureAlgorithm algorithm, ReadOnlyMemory<byte> blob) = keys.Find("rsa-sha2-256-cert-v01@openssh.com");
        Assert.Same(_keys[1], key);
        Assert.Equal("rsa-sha2-256", algorithm.Name);
        Assert.Equal([1, 2, 3], blob.ToArray());
        Assert.Equal(HostKeyRotation.Announce(Keys), HostKeyRotation.Announce(keys));
    }

    // OpenSSH verifies an RSA key's proof with the key exchange's algorithm when that was RSA, and refuses SHA-1
    // otherwise.
    [Theory]
    [InlineData("ssh-ed25519", "rsa-sha2-512")]
    [InlineData("rsa-sha2-512", "rsa-sha2-512")]
    [InlineData("rsa-sha2-256", "rsa-sha2-256")]
    public void Each_key_that_is_asked_for_signs(string negotiated, string rsaAlgorithm)
    {
        var reader = new SshReader(HostKeyRotation.Prove(Request(true, _keys), Keys, negotiated, SessionId)!);
        Assert.Equal(MessageNumber.RequestSuccess, reader.ReadByte());
        foreach (SshPrivateKey key in _keys)
        {
            byte[] signature = reader.ReadString().ToArray();
            byte[] signed = new SshWriter().WriteString("hostkeys-prove-00@openssh.com").WriteString(SessionId).WriteString(key.PublicKey.Blob.Span).ToArray();
            string algorithm = key.PublicKey.Type == SshKeyTypes.Rsa ? rsaAlgorithm : key.PublicKey.Type;
            Assert.True(SignatureVerifier.Verify(key.PublicKey, SignatureAlgorithm.Find(Encoding.ASCII.GetBytes(algorithm))!, signature, signed));
        }
        reader.End();
    }

    [Fact]
    public void What_is_not_ours_or_asked_for_twice_is_not_proven()
    {
        using var stranger = Ed25519PrivateKey.Generate();
        Assert.Equal(Failure, HostKeyRotation.Prove(Request(true, _keys[0], stranger), Keys, "ssh-ed25519", SessionId));
        Assert.Equal(Failure, HostKeyRotation.Prove(Request(true, _keys[0], _keys[0]), Keys, "ssh-ed25519", SessionId));
        Assert.Equal(Failure, HostKeyRotation.Prove(Request(true), Keys, "ssh-ed25519", SessionId));
        Assert.Null(HostKeyRotation.Prove(Request(false, _keys), Keys, "ssh-ed25519", SessionId));
        byte[] cut = Request(true, _keys)[..^1];
        Assert.Throws<SshFormatException>(() => HostKeyRotation.Prove(cut, Keys, "ssh-ed25519", SessionId));
    }

    private static byte[] Request(bool wantsReply, params SshPrivateKey[] keys)
    {
        SshWriter request = SshWriter.Message(MessageNumber.GlobalRequest).WriteString("hostkeys-prove-00@openssh.com").WriteBoolean(wantsReply);
        foreach (SshPrivateKey key in keys)
        {
            request.WriteString(key.PublicKey.Blob.Span);
        }
        return request.ToArray();
    }
}
