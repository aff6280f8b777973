using System.Net;
using SshGateway.Proxy.Networks;

namespace SshGateway.Proxy.Limits;

/// <summary>
/// The clients that have not logged in yet. When they are as many as there may be, the oldest one of the source that
/// has the most makes room for the next: a few sources cannot shut everybody else out. Whoever has one /64 of IPv6
/// mostly has many, so the site with the most, a /48, is found first, and then its source.
/// </summary>
/// <param name="limit">How many there may be.</param>
/// <param name="perSource">How many of one source.</param>
/// <param name="networks">Finds the source and the site of an address.</param>
internal sealed class UnauthenticatedPlaces(int limit, int perSource, SourceNetworks networks)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SourceNetwork, Site> _sites = [];
    private readonly Ranking<Site> _bySize = new();
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Sites that have any.</summary>
    public int Sites
    {
        get
        {
            lock (_lock)
            {
                return _sites.Count;
            }
        }
    }

    /// <summary>Null: the source has as many as it may have.</summary>
    /// <param name="onDisplaced">Called on another client's thread when the place is lost.</param>
    public Place? TryEnter(IPAddress address, Action onDisplaced)
    {
        Place? displaced = null;
        Place place;
        lock (_lock)
        {
            SourceNetwork key = networks.Find(address);
            SourceNetwork siteKey = networks.FindSite(address);
            if (_sites.TryGetValue(siteKey, out Site? site) && site.Sources.TryGetValue(key, out Source? source) && source.Count >= perSource)
            {
                return null;
            }
            if (_count >= limit)
            {
                displaced = _bySize.Max.BySize.Max.Places.First!.Value;
                Remove(displaced);
            }
            // Removed with its last place, maybe just now.
            if (!_sites.TryGetValue(siteKey, out site))
            {
                _sites.Add(siteKey, site = new Site(siteKey));
            }
            if (!site.Sources.TryGetValue(key, out source))
            {
                site.Sources.Add(key, source = new Source(key, site));
            }
            place = new Place(source, onDisplaced);
            source.Places.AddLast(place.Node);
            Resize(source, 1);
        }
        displaced?.OnDisplaced();
        return place;
    }

    /// <summary>The client has logged in or left. Any number of times.</summary>
    public void Leave(Place place)
    {
        lock (_lock)
        {
            if (place.Node.List is not null)
            {
                Remove(place);
            }
        }
    }

    private void Remove(Place place)
    {
        Source source = place.Source;
        source.Places.Remove(place.Node);
        Resize(source, -1);
        if (source.Count == 0)
        {
            source.Site.Sources.Remove(source.Key);
        }
        if (source.Site.Count == 0)
        {
            _sites.Remove(source.Site.Key);
        }
    }

    private void Resize(Source source, int change)
    {
        source.Site.BySize.Resize(source, change);
        _bySize.Resize(source.Site, change);
        _count += change;
    }

    /// <summary>One client's.</summary>
    internal sealed class Place
    {
        public Place(Source source, Action onDisplaced)
        {
            (Source, OnDisplaced) = (source, onDisplaced);
            Node = new LinkedListNode<Place>(this);
        }

        public Source Source { get; }

        public Action OnDisplaced { get; }

        public LinkedListNode<Place> Node { get; }
    }

    /// <summary>Something that has places.</summary>
    internal abstract class Crowd(SourceNetwork key)
    {
        public SourceNetwork Key => key;

        public int Count { get; set; }

        /// <summary>A number that grows from change to change of the count.</summary>
        public long ChangedAt { get; set; }
    }

    internal sealed class Site(SourceNetwork key) : Crowd(key)
    {
        public Dictionary<SourceNetwork, Source> Sources { get; } = [];

        public Ranking<Source> BySize { get; } = new();
    }

    internal sealed class Source(SourceNetwork key, Site site) : Crowd(key)
    {
        public Site Site => site;

        /// <summary>The oldest first.</summary>
        public LinkedList<Place> Places { get; } = [];
    }

    /// <summary>Those that have places, by how many; among equals, the one unchanged for longest is greatest.</summary>
    internal sealed class Ranking<T>
        where T : Crowd
    {
        private readonly SortedSet<T> _set = new(Comparer<T>.Create(static (a, b) =>
            (a.Count, b.ChangedAt).CompareTo((b.Count, a.ChangedAt))));

        private long _changes;

        public T Max => _set.Max!;

        public void Resize(T crowd, int change)
        {
            _set.Remove(crowd);
            crowd.Count += change;
            crowd.ChangedAt = ++_changes;
            if (crowd.Count > 0)
            {
                _set.Add(crowd);
            }
        }
    }
}
