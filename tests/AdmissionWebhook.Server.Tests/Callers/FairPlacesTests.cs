using System.Net;
using AdmissionWebhook.Server.Callers;

namespace AdmissionWebhook.Server.Tests.Callers;

public sealed class FairPlacesTests
{
    private readonly FairPlaces<TestGuest> _places = new(most: 4, mostOfAddress: 2);

    [Fact]
    public void The_earliest_idle_guest_of_an_address_gives_way_to_a_new_one()
    {
        var guests = Enter("10.0.0.1", "10.0.0.1", "10.0.0.1");

        Assert.Equal([true, false, false], guests.Select(guest => guest.HasLeft));
    }

    [Fact]
    public void A_guest_of_a_lower_rank_gives_way_before_an_earlier_one()
    {
        var proven = new TestGuest("10.0.0.1") { Is = 1 };
        var silent = new TestGuest("10.0.0.1") { Is = 0 };

        Assert.All([proven, silent, new TestGuest("10.0.0.1")], guest => Assert.True(_places.TryEnter(guest, out _)));

        Assert.Equal((false, true), (proven.HasLeft, silent.HasLeft));
    }

    [Fact]
    public void Rejects_a_new_guest_when_all_guests_are_busy()
    {
        var busy = new[] { new TestGuest("10.0.0.1") { Is = null }, new TestGuest("10.0.0.1") { Is = null } };
        Assert.All(busy, guest => Assert.True(_places.TryEnter(guest, out _)));

        Assert.False(_places.TryEnter(new("10.0.0.1"), out _));
        Assert.True(_places.TryEnter(new("10.0.0.2"), out _));
        Assert.DoesNotContain(busy, guest => guest.HasLeft);
    }

    [Fact]
    public void The_address_with_most_places_gives_way_when_all_are_taken()
    {
        var guests = Enter("10.0.0.3", "10.0.0.1", "10.0.0.1", "10.0.0.4", "10.0.0.2");

        Assert.Equal([false, true, false, false, false], guests.Select(guest => guest.HasLeft));
    }

    [Fact]
    public void A_silent_guest_of_a_small_address_stays_while_a_large_one_has_idle_guests()
    {
        var places = new FairPlaces<TestGuest>(most: 64, mostOfAddress: 32);
        var crowd = Enumerable.Range(0, 63).Select(i => new TestGuest($"10.0.0.{1 + (i % 2)}") { Is = 1 }).ToList();
        var modest = new TestGuest("10.0.0.9");
        Assert.All([.. crowd, modest], guest => Assert.True(places.TryEnter(guest, out _)));

        Assert.True(places.TryEnter(new("10.0.0.2"), out _));

        Assert.False(modest.HasLeft);
        Assert.Equal(2, crowd.Count(guest => guest.HasLeft));
    }

    [Fact]
    public void Releasing_a_place_twice_frees_no_other()
    {
        var (first, second) = (new TestGuest("10.0.0.1"), new TestGuest("10.0.0.1"));
        Assert.All([first, second], guest => Assert.True(_places.TryEnter(guest, out _)));

        _places.Leave(first);
        _places.Leave(first);

        Assert.Equal(1, _places.Count);
        _places.TryEnter(new("10.0.0.1"), out var gaveWay);
        Assert.Equal(0, gaveWay);
        _places.TryEnter(new("10.0.0.1"), out gaveWay);
        Assert.Equal(1, gaveWay);
    }

    private List<TestGuest> Enter(params string[] addresses)
    {
        var guests = addresses.Select(address => new TestGuest(address)).ToList();
        Assert.All(guests, guest => Assert.True(_places.TryEnter(guest, out _)));
        return guests;
    }

    private sealed class TestGuest(string address) : Guest(SourceAddress.Of(new IPEndPoint(IPAddress.Parse(address), 1)))
    {
        public int? Is { get; init; } = 0;

        public override int? Rank => Is;

        public bool HasLeft { get; private set; }

        public override void GiveWay() => HasLeft = true;
    }
}
