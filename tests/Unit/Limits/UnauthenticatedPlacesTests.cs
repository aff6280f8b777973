using System.Net;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Networks;
using Xunit;

namespace SshGateway.Tests.Unit.Limits;

/// <summary>Who makes room, and what is left when all have gone.</summary>
public sealed class UnauthenticatedPlacesTests
{
    private const int Limit = 100;
    private const int PerSource = 20;

    private readonly UnauthenticatedPlaces _places = new(Limit, PerSource, new SourceNetworks(32, 64));
    private readonly List<string> _displaced = [];

    [Fact]
    public void Ten_sources_that_take_all_places_shut_nobody_out()
    {
        for (int i = 0; i < Limit; i++)
        {
            Assert.NotNull(Enter($"192.0.2.{i % 10}"));
        }
        // Another one that takes its time keeps its place, however many of the ten come.
        Assert.NotNull(Enter("198.51.100.1"));
        for (int i = 0; i < 10 * Limit; i++)
        {
            Enter($"192.0.2.{i % 10}");
        }
        Assert.Equal(Limit, _places.Count);
        Assert.DoesNotContain("198.51.100.1", _displaced);
    }

    [Fact]
    public void A_source_that_has_its_share_displaces_nobody()
    {
        for (int i = 0; i < PerSource; i++)
        {
            Assert.NotNull(Enter("192.0.2.1"));
        }
        for (int i = PerSource; i < Limit; i++)
        {
            Assert.NotNull(Enter($"198.51.100.{i}"));
        }
        Assert.Null(Enter("192.0.2.1"));
        Assert.Empty(_displaced);
    }

    [Fact]
    public void Within_a_site_it_is_the_source_that_has_the_most()
    {
        for (int i = 0; i < Limit; i++)
        {
            Enter(i < 10 || i > 12 ? $"198.51.100.{i}" : "2001:db8:1:1::1");
        }
        Assert.Empty(_displaced);
        Enter("2001:db8:1:2::1");
        Enter("192.0.2.1");
        Assert.Equal(["2001:db8:1:1::1", "2001:db8:1:1::1"], _displaced);
    }

    [Fact]
    public void Nothing_is_remembered_of_those_who_left()
    {
        var random = new Random(1);
        var held = new List<UnauthenticatedPlaces.Place>();
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(2) == 0 && held.Count > 0)
            {
                int index = random.Next(held.Count);
                _places.Leave(held[index]);
                // Any number of times, also when it was displaced.
                _places.Leave(held[index]);
                held.RemoveAt(index);
            }
            else if (Enter(random.Next(2) == 0 ? $"192.0.2.{random.Next(50)}" : $"2001:db8:{random.Next(4)}:{random.Next(20)}::1") is { } place)
            {
                held.Add(place);
            }
            Assert.InRange(_places.Count, 0, Limit);
        }
        held.ForEach(_places.Leave);
        Assert.Equal((0, 0), (_places.Count, _places.Sites));
    }

    private UnauthenticatedPlaces.Place? Enter(string address) => _places.TryEnter(IPAddress.Parse(address), () => _displaced.Add(address));
}
