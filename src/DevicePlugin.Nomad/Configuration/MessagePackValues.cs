using System.Collections.Immutable;
using System.Globalization;
using MessagePack;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>Reads what cty's msgpack package writes (zclconf/go-cty, cty/msgpack).</summary>
internal static class MessagePackValues
{
    private static readonly ConfigValue Null = new ConfigValue.Null();

    /// <exception cref="MalformedConfigException">Truncated, trailing, too deep or too many values.</exception>
    public static ConfigValue Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return Null;
        }

        var reader = new MessagePackReader(bytes);
        var budget = ConfigLimits.Values;
        try
        {
            var value = ReadValue(ref reader, ConfigLimits.Depth, ref budget);
            return reader.End
                ? value
                : throw new MalformedConfigException(
                    $"the MessagePack value ends at byte {reader.Consumed} of {bytes.Length}, with more after it");
        }
        catch (Exception ex) when (ex is EndOfStreamException or MessagePackSerializationException or OverflowException
            or ArgumentOutOfRangeException)
        {
            // The last two come from lengths beyond an int, which MessagePackReader 2.5 uses without a check.
            throw new MalformedConfigException($"not valid MessagePack at byte {reader.Consumed}: {ex.Message}", ex);
        }
    }

    private static ConfigValue ReadValue(ref MessagePackReader reader, int depth, ref int budget)
    {
        if (depth == 0)
        {
            throw new MalformedConfigException($"values are nested more than {ConfigLimits.Depth} deep");
        }

        if (--budget < 0)
        {
            throw new MalformedConfigException($"there are more than {ConfigLimits.Values} values");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return Null;
            case MessagePackType.Boolean:
                return new ConfigValue.Flag(reader.ReadBoolean());
            case MessagePackType.Integer:
                return new ConfigValue.Number(ReadInteger(ref reader));
            case MessagePackType.Float:
                return new ConfigValue.Number(reader.ReadDouble().ToString("R", CultureInfo.InvariantCulture));
            case MessagePackType.String:
                return new ConfigValue.Text(reader.ReadString() ?? "");
            case MessagePackType.Array:
                return ReadList(ref reader, depth, ref budget);
            case MessagePackType.Map:
                return ReadBlock(ref reader, depth, ref budget);
            case MessagePackType.Extension:
                // cty writes a value that is not known yet as extension 0, or 12 with what is known of it.
                reader.Skip();
                return new ConfigValue.Foreign("unknown");
            case MessagePackType.Binary:
                reader.Skip();
                return new ConfigValue.Foreign("binary data");
            default:
                throw new MalformedConfigException($"byte {reader.Consumed} starts no MessagePack value");
        }
    }

    private static string ReadInteger(ref MessagePackReader reader) =>
        reader.NextCode == MessagePackCode.UInt64
            ? reader.ReadUInt64().ToString(CultureInfo.InvariantCulture)
            : reader.ReadInt64().ToString(CultureInfo.InvariantCulture);

    // The reader refuses a count that the bytes left cannot hold, so a builder is never larger than the input.
    private static ConfigValue.List ReadList(ref MessagePackReader reader, int depth, ref int budget)
    {
        var count = reader.ReadArrayHeader();
        var items = ImmutableArray.CreateBuilder<ConfigValue>();
        for (var i = 0; i < count; i++)
        {
            items.Add(ReadValue(ref reader, depth - 1, ref budget));
        }

        return new ConfigValue.List(items.DrainToImmutable());
    }

    private static ConfigValue.Block ReadBlock(ref MessagePackReader reader, int depth, ref int budget)
    {
        var count = reader.ReadMapHeader();
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, ConfigValue>>();
        for (var i = 0; i < count; i++)
        {
            if (reader.NextMessagePackType != MessagePackType.String)
            {
                throw new MalformedConfigException($"byte {reader.Consumed} should start the name of a key");
            }

            var name = reader.ReadString() ?? "";
            entries.Add(new(name, ReadValue(ref reader, depth - 1, ref budget)));
        }

        return new ConfigValue.Block(entries.DrainToImmutable());
    }
}
