// SPDX-License-Identifier: BSD-2-Clause
// See node.sh.
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');
const os = require('os');
const path = require('path');
const zlib = require('zlib');
const crypto = require('crypto');
const {execFileSync} = require('child_process');
const [answer, folder] = process.argv.slice(2);

// The response as Node reads it, or null where it refuses.
function ask(bytes, where) {
	return new Promise((resolve) => {
		const server = net.createServer((peer) => {
			peer.on('error', () => {});
			peer.once('data', () => peer.end(bytes));
		});
		let done = (result) => {
			done = () => {};
			server.close();
			resolve(result);
		};
		server.listen(where, () => {
			const request = http.request({socketPath: where, agent: false});
			request.on('error', () => done(null));
			request.on('upgrade', (r, socket) => {
				socket.destroy();
				done({r, body: Buffer.alloc(0)});
			});
			request.on('response', (r) => {
				const parts = [];
				r.on('data', (part) => parts.push(part));
				r.on('error', () => {});
				r.on('close', () => {
					request.destroy();
					done({r, body: Buffer.concat(parts)});
				});
			});
			request.end();
		});
	});
}

// Pairs as zgrab2 groups them: {name: [values]}.
function grouped(raw) {
	const all = {};
	for (let i = 0; i < raw.length; i += 2) {
		// As long as we tell names.
		const name = raw[i].toLowerCase().replace(/-/g, '_')
			.slice(0, 256);
		(all[name] ||= []).push(
			Buffer.from(raw[i + 1], 'latin1').toString('utf8')
			// How many spaces a fold becomes is left open (RFC 9112, 5.2).
			.replace(/\s+/g, ' ').trim());
	}
	return all;
}

function flat(headers) {
	const all = {};
	for (const [name, values] of Object.entries(headers || {})) {
		if (name !== 'unknown')
			all[name] = values;
		else
			for (const h of values)
				all[h.key] = h.value;
	}
	for (const name of Object.keys(all))
		all[name] = all[name].map((v) => v.replace(/\s+/g, ' ').trim());
	return all;
}

// Node does not decompress by itself.
function decoded(r, body) {
	const coding = (r.headers['content-encoding'] || '').toLowerCase();
	try {
		if (coding === 'gzip' || coding === 'x-gzip')
			return zlib.gunzipSync(body);
		if (coding === 'deflate')
			return (body[0] & 15) === 8 ? zlib.inflateSync(body)
				: zlib.inflateRawSync(body);
	} catch (e) {
		return null; // not as it should be: only we tell how far it got
	}
	return body;
}

const sorted = (o) => JSON.stringify(Object.entries(o).sort());

function differences(ours, {r, body}) {
	const found = [];
	const response = ours.result && ours.result.response;
	const check = (what, a, b) => {
		if (a !== b)
			found.push(`${what}: ours ${a}, Node's ${b}`);
	};
	if (!response)
		return ['Node reads a response, we none'];
	check('status', response.status_code, r.statusCode);
	check('version', `${response.protocol.major}.${response.protocol.minor}`,
		r.httpVersion);
	const head = flat(response.headers);
	if (!response.headers_truncated)
		check('headers', sorted(head), sorted(grouped(r.rawHeaders)));
	check('trailers', sorted(flat(response.trailers)),
		sorted(grouped(r.rawTrailers)));
	check('complete', ours.status === 'success', r.complete);
	const text = decoded(r, body);
	if (text && /chunked/i.test(head.transfer_encoding) &&
	    /gzip/.test(head.transfer_encoding))
		return found; // a coding that Node leaves in place
	if (text && response.body_end !== 'decode-limit') {
		const sum = crypto.createHash('sha256').update(text).digest('hex');
		check('length', response.body_total, text.length);
		check('body', text.length ? response.body_sha256 : sum, sum);
	}
	return found;
}

async function main() {
	const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'irl-node-'));
	let compared = 0, refused = 0, bad = 0;
	for (const name of fs.readdirSync(folder).sort()) {
		const file = path.join(folder, name);
		const theirs = await ask(fs.readFileSync(file),
			path.join(scratch, 'socket'));
		if (!theirs) {
			refused++;
			continue;
		}
		const ours = JSON.parse(execFileSync(answer, ['print', file],
			{maxBuffer: 1 << 26})).data.http;
		const found = differences(ours, theirs);
		compared++;
		bad += found.length > 0;
		for (const line of found)
			console.error(`${name}: ${line}`);
	}
	fs.rmSync(scratch, {recursive: true});
	console.log(`${compared} compared, ${bad} differ, ${refused} refused by Node`);
	process.exit(bad || compared < 20 ? 1 : 0);
}
main();
