using System.Security.Cryptography;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

public sealed class EcdhExchangeTests
{
    // RFC 5903 section 8.1.
    private const string InitiatorPrivate = "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433";
    private const string InitiatorX = "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180";
    private const string InitiatorY = "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3";
    private const string ResponderPrivate = "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53";
    private const string ResponderX = "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63";
    private const string ResponderY = "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB";
    private const string SharedX = "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE";

    private static ECCurve Curve => ECCurve.NamedCurves.nistP256;

    [Theory]
    [InlineData(InitiatorPrivate, InitiatorX, InitiatorY, ResponderX, ResponderY)]
    [InlineData(ResponderPrivate, ResponderX, ResponderY, InitiatorX, InitiatorY)]
    public void The_agreement_of_RFC_5903_section_8_1(string ownPrivate, string ownX, string ownY, string peerX, string peerY)
    {
        // The primitive under the exchange, whose own key is always a fresh one.
        using var own = ECDiffieHellman.Create(new ECParameters
        {
            Curve = Curve,
            D = Hex.Bytes(ownPrivate),
            Q = new ECPoint { X = Hex.Bytes(ownX), Y = Hex.Bytes(ownY) },
        });
        using var peer = ECDiffieHellman.Create(new ECParameters { Curve = Curve, Q = new ECPoint { X = Hex.Bytes(peerX), Y = Hex.Bytes(peerY) } });
        Assert.Equal(Hex.Bytes(SharedX), own.DeriveRawSecretAgreement(peer.PublicKey));
    }

    // RFC 5656 section 4: K is the x coordinate as an mpint.
    [Theory]
    [InlineData("nistP256", "prime256v1", 32)]
    [InlineData("nistP384", "secp384r1", 48)]
    [InlineData("nistP521", "secp521r1", 66)]
    public async Task The_exchange_agrees_with_the_openssl_program(string name, string libCryptoName, int size)
    {
        ECCurve curve = ECCurve.CreateFromFriendlyName(name);
        using var exchange = new EcdhExchange(libCryptoName, size);
        byte[] value = exchange.Initiate();
        Assert.Equal(1 + (2 * size), value.Length);
        Assert.Equal(4, value[0]);

        using var files = new ScratchFiles();
        using var responder = ECDiffieHellman.Create(curve);
        var ofInitiator = new ECParameters { Curve = curve, Q = new ECPoint { X = value[1..(1 + size)], Y = value[(1 + size)..] } };
        using (var initiator = ECDiffieHellman.Create(ofInitiator))
        {
            await File.WriteAllTextAsync(files.PathOf("responder"), responder.ExportPkcs8PrivateKeyPem());
            await File.WriteAllTextAsync(files.PathOf("initiator"), initiator.ExportSubjectPublicKeyInfoPem());
        }
        await Command.OutputAsync("openssl", "pkeyutl", "-derive", "-inkey", files.PathOf("responder"), "-peerkey", files.PathOf("initiator"), "-out", files.PathOf("secret"));
        byte[] secret = await File.ReadAllBytesAsync(files.PathOf("secret"));

        ECPoint point = responder.ExportParameters(includePrivateParameters: false).Q;
        Assert.Equal(new SshWriter().WritePositiveMpint(secret).ToArray(), exchange.Complete([4, .. point.X!, .. point.Y!]));
    }

    [Theory]
    // Off the curve: y + 1.
    [InlineData("04", ResponderX, "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AC")]
    [InlineData("04", "0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000")]
    // Coordinates that are no field elements.
    [InlineData("04", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", ResponderY)]
    // Compressed, hybrid, the point at infinity, too short, too long.
    [InlineData("03", ResponderX, "")]
    [InlineData("07", ResponderX, ResponderY)]
    [InlineData("00", "", "")]
    [InlineData("", "", "")]
    [InlineData("04", ResponderX, "56FBF3")]
    [InlineData("04", ResponderX, ResponderY + "00")]
    public void Values_that_are_no_uncompressed_point_on_the_curve_are_refused(string form, string x, string y)
    {
        using var exchange = new EcdhExchange("prime256v1", 32);
        SshProtocolException refused = Assert.Throws<KeyExchangeException>(() => exchange.Respond(Hex.Bytes(form, x, y)));
        Assert.Equal(DisconnectReason.KeyExchangeFailed, refused.Reason);
    }

    // The peer's key is not validated a second time when the secret is derived: the import has to find all of this.
    [Theory]
    [InlineData("nistP256", "prime256v1", 32)]
    [InlineData("nistP384", "secp384r1", 48)]
    [InlineData("nistP521", "secp521r1", 66)]
    public void Damaged_points_of_every_curve_are_refused(string name, string libCryptoName, int size)
    {
        ECCurve curve = ECCurve.CreateFromFriendlyName(name);
        using var peer = ECDiffieHellman.Create(curve);
        ECPoint q = peer.ExportParameters(includePrivateParameters: false).Q;
        byte[] good = [4, .. q.X!, .. q.Y!];
        byte[] zero = new byte[size];
        byte[] ones = [.. Enumerable.Repeat((byte)0xff, size)];
        byte[][] bad =
        [
            [4, .. q.X!, .. Flipped(q.Y!, size - 1)],
            [4, .. Flipped(q.X!, size - 1), .. q.Y!],
            [4, .. zero, .. zero],
            [4, .. ones, .. ones],
            [4, .. q.X!, .. zero],
            [4, .. ones, .. q.Y!],
            [5, .. q.X!, .. q.Y!],
            [0, .. q.X!, .. q.Y!],
            [0],
            good[..^1],
            [.. good, 0],
        ];
        foreach (byte[] value in bad)
        {
            using var exchange = new EcdhExchange(libCryptoName, size);
            Assert.Throws<KeyExchangeException>(() => exchange.Respond(value));
        }
        using var whole = new EcdhExchange(libCryptoName, size);
        Assert.NotEmpty(whole.Respond(good).SharedSecret);

        static byte[] Flipped(byte[] coordinate, int at)
        {
            byte[] flipped = [.. coordinate];
            flipped[at] ^= 1;
            return flipped;
        }
    }
}
