using System.Text.Json.Nodes;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>Puts into an object, at random places, what nobody would write there.</summary>
internal sealed class HostileJson(Random random)
{
    private static readonly string[] Texts =
    [
        "", " ", "\0", "\u202e", "\ufeff", "null", "-1", "1e999", "../..", "${jndi}", "a\r\nb: c", "\ud83d\ude00", "e\u0301", new('x', 2000),
        "2040-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+14:00", "10.0.0.1", "::ffff:127.0.0.1", "Ready", "True", "False",
        string.Concat(Enumerable.Repeat("\ud83d\ude00", 700)), "ssh-ed25519 AAAA", "ssh-rsa \u0410\u0410\u0410\u0410",
    ];

    private static readonly string[] Numbers = ["0", "-1", "1.5", "1e400", "-1e-400", "99999999999999999999999999", "9223372036854775808", "2147483648", "65536"];

    public JsonObject Spoil(JsonObject json)
    {
        var spoilt = (JsonObject)json.DeepClone();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            JsonNode[] places = [.. Containers(spoilt)];
            switch (places[random.Next(places.Length)])
            {
                case JsonObject { Count: > 0 } mapping:
                    mapping[mapping.ElementAt(random.Next(mapping.Count)).Key] = Anything(3);
                    break;
                case JsonObject mapping:
                    mapping[Texts[random.Next(Texts.Length)]] = Anything(3);
                    break;
                case JsonArray list:
                    list.Insert(random.Next(list.Count + 1), Anything(3));
                    break;
            }
        }
        return spoilt;
    }

    private JsonNode? Anything(int depth) => random.Next(depth > 0 ? 8 : 6) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 or 3 => JsonNode.Parse(Numbers[random.Next(Numbers.Length)]),
        4 or 5 => Texts[random.Next(Texts.Length)],
        6 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Anything(depth - 1))]),
        _ => new JsonObject(Texts.Where(_ => random.Next(12) == 0).Select(t => KeyValuePair.Create(t, Anything(depth - 1)))),
    };

    // The identity is the API server's.
    private static IEnumerable<JsonNode> Containers(JsonNode node)
    {
        IEnumerable<JsonNode?> inner = node switch
        {
            JsonObject mapping => mapping.Where(p => p.Key is not ("metadata" or "apiVersion" or "kind")).Select(p => p.Value),
            JsonArray list => list,
            _ => [],
        };
        JsonNode[] below = [.. inner.OfType<JsonNode>().SelectMany(Containers)];
        return node is JsonObject { Parent: not null } or JsonArray ? [node, .. below] : below;
    }
}
