using System.Buffers.Text;
using System.Text;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>Takes pieces of a line one after the other from its start. A piece that is not there is not taken.</summary>
internal ref struct LineScanner(ReadOnlySpan<byte> line)
{
    // Numbers of the driver have six digits at most; more would not fit where they go.
    private const int MostDigits = 9;
    private const int MostUuid = 64;

    private ReadOnlySpan<byte> _rest = line;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public bool Take(ReadOnlySpan<byte> word)
    {
        var isThere = _rest.StartsWith(word);
        _rest = isThere ? _rest[word.Length..] : _rest;
        return isThere;
    }

    /// <summary>Digits alone: no sign, no space.</summary>
    public bool TakeNumber(out long number)
    {
        var digits = LengthOf("0123456789"u8);
        number = 0;
        if (digits is 0 or > MostDigits || !Utf8Parser.TryParse(_rest[..digits], out number, out _))
        {
            return false;
        }

        _rest = _rest[digits..];
        return true;
    }

    /// <summary>A PCI address with or without <c>PCI:</c> before it and a function after it.</summary>
    public bool TakeAddress(out string address)
    {
        Take("PCI:"u8);
        var length = LengthOf("0123456789abcdefABCDEF:."u8);
        address = PciBusId.Normalize(Encoding.ASCII.GetString(_rest[..length])) ?? "";

        // A colon after the address belongs to the sentence.
        if (address.Length == 0 && length > 0 && _rest[length - 1] == ':')
        {
            length--;
            address = PciBusId.Normalize(Encoding.ASCII.GetString(_rest[..length])) ?? "";
        }

        _rest = _rest[length..];
        return address.Length > 0;
    }

    public bool TakeUuid(out string uuid)
    {
        uuid = "";
        if (!_rest.StartsWith("GPU-"u8))
        {
            return false;
        }

        var length = "GPU-".Length + LengthOf("0123456789abcdef-"u8, "GPU-".Length);

        // The kernel writes question marks for a GPU that it has not initialized.
        if (length is <= 4 or > MostUuid || length != _rest.Length)
        {
            return false;
        }

        uuid = Encoding.ASCII.GetString(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    private readonly int LengthOf(ReadOnlySpan<byte> characters, int from = 0)
    {
        var length = _rest[from..].IndexOfAnyExcept(characters);
        return length < 0 ? _rest.Length - from : length;
    }
}
