package salesforce

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// DefaultInstanceURL is the login host of production orgs.
const DefaultInstanceURL = "https://login.salesforce.com"

const revokePath = "/services/oauth2/revoke"

// ParseInstanceURL checks the address of an org, such as
// https://example.my.salesforce.com, and returns it as scheme and host with no
// slash at the end. Everything else that a URL can hold is refused, because it
// would be dropped or would travel with the token; http is accepted for
// loopback hosts only. Errors quote nothing of the input, which may hold a password,
// but a host of the user interface.
func ParseInstanceURL(s string) (string, error) {
	if strings.ContainsAny(s, "?#") {
		return "", errors.New("must have no query and no fragment")
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("is not a URL; give scheme and host, such as " + DefaultInstanceURL)
	}
	if err := checkOrigin(u); err != nil {
		return "", err
	}
	if u.Path != "" && u.Path != "/" {
		return "", errors.New("must have no path; the path of an Experience Cloud site belongs in site")
	}
	if host := myDomainOf(strings.ToLower(u.Hostname())); host != "" {
		return "", errors.New("is an address of the user interface, which has no OAuth endpoints; the My Domain behind it is https://" + host)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// myDomainOf returns the My Domain behind a host that browsers are sent to, or
// empty for any other host ("My Domain URL Formats").
func myDomainOf(host string) string {
	const myDomain = ".my.salesforce.com"
	for _, suffix := range []string{".lightning.force.com", ".my.salesforce-setup.com", ".salesforce-setup.com"} {
		if name, found := strings.CutSuffix(host, suffix); found {
			return name + myDomain
		}
	}
	for _, suffix := range []string{".vf.force.com", ".visualforce.com", ".visual.force.com"} {
		if name, found := strings.CutSuffix(host, suffix); found {
			return withoutPackage(name) + myDomain
		}
	}
	return ""
}

// withoutPackage takes out of the name of a Visualforce host what a My Domain
// does not have: the package, and the instance that old ones name.
// example--dev--c.sandbox becomes example--dev.sandbox, example--c.na1 example.
func withoutPackage(name string) string {
	label, partition, _ := strings.Cut(name, ".")
	if i := strings.LastIndex(label, "--"); i >= 0 {
		label = label[:i]
	}
	if partition == "" || instanceName().MatchString(partition) {
		return label
	}
	return label + "." + partition
}

var instanceName = lazyRegexp(`^[a-z]+[0-9]+s?$`)

// checkOrigin tells whether a token may be sent to the scheme and host of u.
func checkOrigin(u *url.URL) error {
	if u.User != nil {
		return errors.New("must not hold a user name or password")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("must start with https://")
	}
	if u.Hostname() == "" {
		return errors.New("has no host; give scheme and host, such as " + DefaultInstanceURL)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return errors.New("must start with https://; http is accepted for loopback hosts only, because a token must not travel in clear text")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("has a port that is not between 1 and 65535")
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return errors.New("has a colon but no port after its host")
	}
	if !hostname().MatchString(u.Hostname()) && net.ParseIP(u.Hostname()) == nil {
		return errors.New("has a host with characters that no host name holds")
	}
	return nil
}

var hostname = lazyRegexp(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// ParseSite checks the path prefix of an Experience Cloud site, such as
// partners or /partners/, and returns it with a slash before it and none after
// it, or empty for no site.
func ParseSite(s string) (string, error) {
	if strings.Contains(s, "://") {
		return "", errors.New("is a URL; give the path of the site alone, such as /partners, and its host as instance_url")
	}
	if strings.Contains(s, "//") {
		return "", errors.New("must not hold //")
	}
	site := strings.Trim(s, "/")
	if site == "" {
		return "", nil
	}
	for segment := range strings.SplitSeq(site, "/") {
		if segment == "." || segment == ".." {
			return "", errors.New("must not hold . or .. as a segment")
		}
		if !siteSegment().MatchString(segment) {
			return "", errors.New("may hold letters, digits and - . _ ~ between its slashes, and nothing else")
		}
	}
	return "/" + site, nil
}

var siteSegment = lazyRegexp(`^[A-Za-z0-9._~-]+$`)

// RevocationURL is the address that ends tokens of an org. It takes what
// ParseInstanceURL and ParseSite return.
func RevocationURL(instanceURL, site string) string {
	return instanceURL + site + revokePath
}
