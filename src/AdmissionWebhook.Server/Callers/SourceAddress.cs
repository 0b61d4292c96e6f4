using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace AdmissionWebhook.Server.Callers;

/// <summary>
/// The unit of a limit: an IPv4 address, or the /64 network of an IPv6 address, because a host can choose any address of its network.
/// </summary>
internal readonly record struct SourceAddress(AddressFamily Family, ulong Bits)
{
    public static SourceAddress Of(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
            return default;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return new(address.AddressFamily, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
