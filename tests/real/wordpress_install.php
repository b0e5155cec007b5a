<?php
// Installs the site once: pretty addresses, and one account per role, each with an application password of its own.
// Prints them as one JSON object. Run by tests/real/wordpress_server.py, with the site's address as first argument.
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST']       = parse_url( $argv[1], PHP_URL_HOST ) . ':' . parse_url( $argv[1], PHP_URL_PORT );
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/';
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( 'Exempelby kommun', 'chefen', 'chefen@example.com', true, '', 'inloggning-bara-lokalt' );
update_option( 'permalink_structure', '/%postname%/' );
update_option( 'timezone_string', 'Europe/Stockholm' );
switch_theme( $argv[2] );
flush_rewrite_rules();
$made = array();
foreach ( array( 'editor', 'author', 'subscriber' ) as $role ) {
	$id            = wp_insert_user( array( 'user_login' => "prov-$role", 'user_pass' => wp_generate_password(), 'role' => $role ) );
	$made[ $role ] = array( "prov-$role", WP_Application_Passwords::create_new_application_password( $id, array( 'name' => 'prov' ) )[0] );
}
echo json_encode( $made );
