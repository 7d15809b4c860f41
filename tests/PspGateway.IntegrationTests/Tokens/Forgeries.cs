using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace PspGateway.IntegrationTests.Tokens;

/// <summary>One token as nobody should accept it: forged, stretched, stripped, swapped, expired, signed again, or confused with another.</summary>
internal sealed record Forgery(string Name, string Token);

/// <summary>What is known of the scheme under attack, more than any attacker would: its own key among it.</summary>
/// <param name="Own">The token that works.</param>
/// <param name="Another">One of the same scheme that was issued for something else.</param>
/// <param name="Foreign">One of the gateway's other scheme, with that scheme's key.</param>
internal sealed record Target(AToken Own, string Another, AToken Foreign);

internal static class Forgeries
{
    private const string Tomorrow = "4102444800";
    private static readonly RSA Rsa = RSA.Create(2048);

    public static IReadOnlyList<Forgery> Of(Target target) =>
        [.. Algorithms(target.Own), .. KeyIds(target.Own), .. Headers(target.Own), .. Claims(target.Own), .. Keys(target), .. Signatures(target), .. Shapes(target), .. Letters(target.Own)];

    private static IEnumerable<Forgery> Algorithms(AToken own)
    {
        foreach (var none in (string[])["none", "None", "NONE", "nOnE", "none ", ""])
        {
            var bare = own.Header("alg", none);
            yield return new($"alg '{none}' without a signature", bare.SigningInput + ".");
            yield return new($"alg '{none}' with a signature", bare.Text);
        }

        yield return new("alg none in two parts", own.Header("alg", "none").SigningInput);
        yield return new("no alg", own.WithoutHeader("alg").Text);
        yield return new("alg null", own.Header("alg", null).Text);
        yield return new("alg a number", own.Header("alg", 256).Text);
        yield return new("alg a list", own.Header("alg", new JsonArray("HS256")).Text);
        yield return new("alg in lower case", own.Header("alg", "hs256").Text);
        yield return new("alg as a URI", own.Header("alg", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256").Text);
        var hs384 = own.Header("alg", "HS384");
        yield return new("HS384 by our key", hs384.With(HMACSHA384.HashData(own.Key, hs384.Input)));
        var hs512 = own.Header("alg", "HS512");
        yield return new("HS512 by our key", hs512.With(HMACSHA512.HashData(own.Key, hs512.Input)));
        var rs256 = own.Header("alg", "RS256");
        yield return new("RS256 by a stranger", rs256.With(Rsa.SignData(rs256.Input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        yield return new("RS256 over an HMAC of ours", rs256.Text);
        var ps256 = own.Header("alg", "PS256");
        yield return new("PS256 by a stranger", ps256.With(Rsa.SignData(ps256.Input, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        yield return new("HS256 by an RSA public key", own.SignedBy(Rsa.ExportSubjectPublicKeyInfo()).Text);
        yield return new("HS256 by an RSA public key in PEM", own.SignedBy(Encoding.ASCII.GetBytes(Rsa.ExportSubjectPublicKeyInfoPem())).Text);
        yield return new("ES256 of zeros", own.Header("alg", "ES256").With(new byte[64]));
        yield return new("EdDSA of zeros", own.Header("alg", "EdDSA").With(new byte[64]));
    }

    private static IEnumerable<Forgery> KeyIds(AToken own)
    {
        yield return new("no kid", own.WithoutHeader("kid").Text);
        yield return new("kid null", own.Header("kid", null).Text);
        yield return new("kid a number", own.Header("kid", 1).Text);
        yield return new("kid a list", own.Header("kid", new JsonArray("t1")).Text);
        foreach (var kid in (string[])["", "t2", "T1", "t1 ", "t1\0", "../../../../dev/null", "/dev/null", "t1' or '1'='1", "t1'; drop table token_signing_keys; --", "$(id)", "http://127.0.0.1/key", new string('k', 2000)])
        {
            yield return new($"kid '{kid[..Math.Min(20, kid.Length)]}' by our key", own.Header("kid", kid).Text);
            yield return new($"kid '{kid[..Math.Min(20, kid.Length)]}' by an empty key", own.Header("kid", kid).SignedBy([]).Text);
        }
    }

    private static IEnumerable<Forgery> Headers(AToken own)
    {
        var stranger = RandomNumberGenerator.GetBytes(32);
        var key = new JsonObject { ["kty"] = "oct", ["k"] = WebEncoders.Base64UrlEncode(stranger), ["alg"] = "HS256" };
        var rsa = Rsa.ExportParameters(includePrivateParameters: false);
        var publicKey = new JsonObject { ["kty"] = "RSA", ["n"] = WebEncoders.Base64UrlEncode(rsa.Modulus!), ["e"] = WebEncoders.Base64UrlEncode(rsa.Exponent!) };
        yield return new("its own key in jwk", own.Header("jwk", key).SignedBy(stranger).Text);
        var rs256 = own.Header("alg", "RS256").Header("jwk", publicKey);
        yield return new("its own RSA key in jwk", rs256.With(Rsa.SignData(rs256.Input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        yield return new("jku", own.Header("jku", "http://127.0.0.1:9/keys").SignedBy(stranger).Text);
        yield return new("x5u", own.Header("x5u", "http://127.0.0.1:9/certificate").SignedBy(stranger).Text);
        yield return new("x5c", own.Header("x5c", new JsonArray(Convert.ToBase64String(Rsa.ExportSubjectPublicKeyInfo()))).SignedBy(stranger).Text);
        yield return new("alg twice, none first", own.RawHeader(own.HeaderJson.Insert(1, "\"alg\":\"none\",")).SignedBy(stranger).Text);
        yield return new("alg twice, none last", own.RawHeader(own.HeaderJson.Insert(own.HeaderJson.Length - 1, ",\"alg\":\"none\"")).SigningInput + ".");
        foreach (var typ in (string?[])["JWT", "jwt", "", null, "application/jwt", "at+jwt ", "xx+jwt", "JOSE"])
        {
            yield return new($"typ '{typ ?? "null"}'", own.Header("typ", typ).Text);
        }

        yield return new("crit, of what nobody knows", own.RawHeader(own.HeaderJson.Insert(own.HeaderJson.Length - 1, ",\"crit\":[\"walks\"],\"walks\":true")).Text);
        yield return new("crit, of exp", own.Header("crit", new JsonArray("exp")).Text);
        yield return new("crit, of nothing", own.Header("crit", new JsonArray()).Text);
        yield return new("kid twice", own.RawHeader(own.HeaderJson.Insert(1, "\"kid\":\"t2\",")).Text);
        yield return new("no typ", own.WithoutHeader("typ").Text);
        yield return new("a header that is a list", own.RawHeader("[]").Text);
        yield return new("a header that is no JSON", own.RawHeader("alg=HS256").Text);
        yield return new("an empty header", own.RawHeader("").Text);
        yield return new("a header 500 levels deep", own.RawHeader(string.Concat(Enumerable.Repeat("{\"a\":", 500)) + "1" + new string('}', 500)).Text);
    }

    private static IEnumerable<Forgery> Claims(AToken own)
    {
        foreach (var exp in (string[])["0", "1", "-1", "-99999999999999999999", "1700000000", "1700000000.5", "\"1700000000\"", "\"never\"", "null", "true", "[]", "{}"])
        {
            yield return new($"exp {exp}", own.RawPayload(WithRaw(own, "exp", exp)).Text);
        }

        yield return new("no exp", own.WithoutClaim("exp").Text);
        yield return new("nbf to come", own.RawPayload(WithRaw(own, "nbf", Tomorrow)).Text);
        foreach (var aud in (JsonNode?[])["other", "", null, "MP", "Merchant-Api", new JsonArray(), new JsonArray("other")])
        {
            yield return new($"aud {aud?.ToJsonString() ?? "null"}", own.Claim("aud", aud?.DeepClone()).Text);
        }

        yield return new("no aud", own.WithoutClaim("aud").Text);
        foreach (var (name, value) in (IEnumerable<(string, string)>)[("sub", "\"somebody-else\""), ("aud", "\"other\""), ("exp", "1"), ("exp", Tomorrow), ("iss", "\"somebody-else\"")])
        {
            yield return new($"{name} twice, {value} first", own.RawPayload(own.PayloadJson.Insert(1, $"\"{name}\":{value},")).Text);
            yield return new($"{name} twice, {value} last", own.RawPayload(own.PayloadJson.Insert(own.PayloadJson.Length - 1, $",\"{name}\":{value}")).Text);
        }

        yield return new("later exp without our key", own.RawPayload(WithRaw(own, "exp", Tomorrow)).SignedBy(new byte[32]).Text);
        yield return new("a payload that is a list", own.RawPayload("[]").Text);
        yield return new("a payload that is no JSON", own.RawPayload("exp=1").Text);
        yield return new("an empty payload", own.RawPayload("").Text);
        yield return new("an empty object", own.RawPayload("{}").Text);
        yield return new("another subject under the old signature", $"{AToken.Encode(own.HeaderJson)}.{AToken.Encode(own.Claim("sub", "somebody-else").PayloadJson)}.{own.Signature}");
        yield return new("a later exp under the old signature", $"{AToken.Encode(own.HeaderJson)}.{AToken.Encode(WithRaw(own, "exp", Tomorrow))}.{own.Signature}");
    }

    private static IEnumerable<Forgery> Keys(Target target)
    {
        var own = target.Own;
        yield return new("the other scheme's token", target.Foreign.Text);
        yield return new("signed by the other scheme's key", own.SignedBy(target.Foreign.Key).Text);
        yield return new("the other scheme's claims, by our key", target.Foreign.SignedBy(own.Key).Text);
        yield return new("the other scheme's claims under our header", target.Foreign.RawHeader(own.HeaderJson).SignedBy(own.Key).Text);
        yield return new("our claims under the other scheme's header", own.RawHeader(target.Foreign.HeaderJson).SignedBy(target.Foreign.Key).Text);
        yield return new("signed by no key", own.SignedBy([]).Text);
        yield return new("signed by zeros", own.SignedBy(new byte[32]).Text);
        yield return new("signed by the word secret", own.SignedBy("secret"u8.ToArray()).Text);
        yield return new("signed by our key's base64", own.SignedBy(Encoding.ASCII.GetBytes(Convert.ToBase64String(own.Key))).Text);
        yield return new("signed by half of our key", own.SignedBy(own.Key[..16]).Text);
        yield return new("signed by our key and a byte", own.SignedBy([.. own.Key, 1]).Text);
    }

    private static IEnumerable<Forgery> Signatures(Target target)
    {
        var (own, input, signature) = (target.Own, target.Own.SigningInput, target.Own.Signature);
        var another = target.Another.Split('.');
        yield return new("no signature", input + ".");
        yield return new("a signature short of a letter", $"{input}.{signature[..^1]}");
        yield return new("half a signature", $"{input}.{signature[..20]}");
        yield return new("a signature of one byte", $"{input}.AA");
        yield return new("a signature and a letter", $"{input}.{signature}A");
        yield return new("a signature and four letters", $"{input}.{signature}AAAA");
        yield return new("a signature twice", $"{input}.{signature}{signature}");
        yield return new("a signature of zeros", own.With(new byte[32]));
        yield return new("the signature of another", $"{input}.{another[2]}");
        yield return new("another's payload", $"{another[0]}.{another[1]}.{signature}");
        yield return new("a bit flipped", $"{input}.{(signature[0] == 'A' ? 'B' : 'A')}{signature[1..]}");
        yield return new("the signature of the payload alone", own.With(HMACSHA256.HashData(own.Key, Encoding.ASCII.GetBytes(AToken.Encode(own.PayloadJson)))));
        yield return new("a plain hash", own.With(SHA256.HashData(own.Input)));
    }

    private static IEnumerable<Forgery> Shapes(Target target)
    {
        var (own, text) = (target.Own, target.Own.Text);
        var parts = text.Split('.');
        yield return new("one part", parts[0]);
        yield return new("four parts", text + ".AAAA");
        yield return new("a dot too many", text + ".");
        yield return new("a dot in front", "." + text);
        yield return new("only dots", "..");
        yield return new("five parts", text + ".AAAA.AAAA");
        yield return new("a JWE", $"{AToken.Encode("""{"alg":"dir","enc":"A256GCM","typ":"JWT"}""")}..{AToken.Encode("123456789012")}.{parts[1]}.{AToken.Encode("1234567890123456")}");
        yield return new("a JWE by RSA", $"{AToken.Encode("""{"alg":"RSA-OAEP","enc":"A128CBC-HS256"}""")}.{parts[2]}.AAAA.{parts[1]}.{parts[2]}");
        yield return new("the token in a token", own.Header("cty", "JWT").RawPayload(text).Text);
        yield return new("parts in another order", $"{parts[1]}.{parts[0]}.{parts[2]}");
        yield return new("as JSON", $$"""{"protected":"{{parts[0]}}","payload":"{{parts[1]}}","signature":"{{parts[2]}}"}""");
        yield return new("in quotes", $"\"{text}\"");
        yield return new("twice", $"{text} {text}");
        yield return new("in a list", $"{text}, {text}");
        yield return new("after Bearer Bearer", $"Bearer Bearer {text}");
        yield return new("after Basic", $"Basic {text}");
        yield return new("as base64", Convert.ToBase64String(Encoding.ASCII.GetBytes(text)));
        yield return new("with escaped dots", text.Replace(".", "%2E", StringComparison.Ordinal));
        yield return new("300 letters", new string('A', 300));
        yield return new("20,000 letters", new string('A', 20_000));
        yield return new("a payload of 15,000 letters", own.Claim("filler", new string('x', 15_000)).SignedBy(new byte[32]).Text);
        yield return new("5,000 dots", new string('.', 5_000));
    }

    private static IEnumerable<Forgery> Letters(AToken own)
    {
        var parts = own.Text.Split('.');
        for (var i = 0; i < 3; i++)
        {
            string With(string part) => string.Join('.', parts.Select((p, n) => n == i ? part : p));
            yield return new($"padding on part {i}", With(parts[i] + "="));
            yield return new($"double padding on part {i}", With(parts[i] + "=="));
            yield return new($"a space in part {i}", With(parts[i].Insert(4, " ")));
            yield return new($"a tab in part {i}", With(parts[i].Insert(4, "\t")));
            yield return new($"part {i} with a letter outside the alphabet", With(parts[i][..^1] + "!"));
            yield return new($"part {i} with a zero-width space", With(parts[i].Insert(4, "\u200b")));
            yield return new($"part {i} in full-width letters", With($"{(char)(parts[i][0] - '!' + '！')}{parts[i][1..]}"));
            yield return new($"part {i} with a Cyrillic letter", With("е" + parts[i][1..]));
        }

        yield return new("another last letter that means the same", own.Text[..^1] + SameBits(own.Text[^1]));
        yield return new("a byte order mark in front", "\ufeff" + own.Text);
        yield return new("in upper case", own.Text.ToUpperInvariant());
        yield return new("an emoji", "\U0001F4B3" + own.Text);
    }

    /// <summary>32 bytes end in four bits: the letter's last two are void, and a careless decoder does not look at them.</summary>
    private static char SameBits(char last)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return alphabet[alphabet.IndexOf(last, StringComparison.Ordinal) | 1];
    }

    private static string WithRaw(AToken own, string claim, string json)
    {
        var rest = own.WithoutClaim(claim).PayloadJson;
        return rest.Insert(rest.Length - 1, $",\"{claim}\":{json}");
    }
}
