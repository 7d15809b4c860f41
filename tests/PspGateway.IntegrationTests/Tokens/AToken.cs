using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace PspGateway.IntegrationTests.Tokens;

/// <summary>A token taken apart, to be changed and signed again: by its own key, unless another one is given.</summary>
internal sealed class AToken
{
    private static readonly JsonSerializerOptions AsIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly string _header;
    private readonly string _payload;
    private readonly byte[] _key;

    private AToken(string header, string payload, byte[] key) => (_header, _payload, _key) = (header, payload, key);

    public string SigningInput => $"{Encode(_header)}.{Encode(_payload)}";

    public string Signature => WebEncoders.Base64UrlEncode(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(SigningInput)));

    public string Text => $"{SigningInput}.{Signature}";

    public string HeaderJson => _header;

    public string PayloadJson => _payload;

    public static AToken Of(string token, byte[] key)
    {
        var parts = token.Split('.');
        return new AToken(Decode(parts[0]), Decode(parts[1]), key);
    }

    public AToken Header(string name, JsonNode? value) => new(Set(_header, name, value), _payload, _key);

    public AToken WithoutHeader(string name) => new(Remove(_header, name), _payload, _key);

    public AToken Claim(string name, JsonNode? value) => new(_header, Set(_payload, name, value), _key);

    public AToken WithoutClaim(string name) => new(_header, Remove(_payload, name), _key);

    public AToken RawHeader(string json) => new(json, _payload, _key);

    public AToken RawPayload(string json) => new(_header, json, _key);

    public AToken SignedBy(byte[] key) => new(_header, _payload, key);

    /// <summary>The same header and payload under a signature of another kind.</summary>
    public string With(byte[] signature) => $"{SigningInput}.{WebEncoders.Base64UrlEncode(signature)}";

    public byte[] Input => Encoding.ASCII.GetBytes(SigningInput);

    public byte[] Key => _key;

    public static string Encode(string text) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(text));

    private static string Decode(string part) => Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(part));

    private static string Set(string json, string name, JsonNode? value)
    {
        var members = JsonNode.Parse(json)!.AsObject();
        members[name] = value;
        return members.ToJsonString(AsIs);
    }

    private static string Remove(string json, string name)
    {
        var members = JsonNode.Parse(json)!.AsObject();
        members.Remove(name);
        return members.ToJsonString(AsIs);
    }
}
